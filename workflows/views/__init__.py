"""Pages of workflows, their versions and the gallery. What happened in runs is shown by the executions app."""

from workflows.views.changing import archive, copy, deletion, export, facts, publication, restoration
from workflows.views.drafts import draft, workflow_new
from workflows.views.editor import changes, editor, presence, redo, template_fragment, undo
from workflows.views.gallery import template_detail, template_list
from workflows.views.importing import workflow_import
from workflows.views.outline import workflow_outline
from workflows.views.panel import finding_list, step_panel, workflow_panel
from workflows.views.pictures import workflow_picture
from workflows.views.publishing import publication_review
from workflows.views.reading import comparison, version, versions, workflow_detail, workflow_list

__all__ = [
    "archive",
    "changes",
    "comparison",
    "copy",
    "deletion",
    "draft",
    "editor",
    "export",
    "facts",
    "finding_list",
    "presence",
    "publication",
    "publication_review",
    "redo",
    "restoration",
    "step_panel",
    "template_detail",
    "template_fragment",
    "template_list",
    "undo",
    "version",
    "versions",
    "workflow_detail",
    "workflow_import",
    "workflow_list",
    "workflow_new",
    "workflow_outline",
    "workflow_panel",
    "workflow_picture",
]
