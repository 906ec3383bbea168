"""Pages of workflows, their versions and the gallery. What happened in runs is shown by the executions app."""

from workflows.views.changing import archive, copy, deletion, export, facts, publication, restoration
from workflows.views.drafts import draft, workflow_new
from workflows.views.gallery import template_detail, template_list
from workflows.views.importing import workflow_import
from workflows.views.panel import finding_list, step_panel, workflow_panel
from workflows.views.pictures import workflow_picture
from workflows.views.publishing import publication_review
from workflows.views.reading import comparison, version, versions, workflow_detail, workflow_list

__all__ = [
    "archive",
    "comparison",
    "copy",
    "deletion",
    "draft",
    "export",
    "facts",
    "finding_list",
    "publication",
    "publication_review",
    "restoration",
    "step_panel",
    "template_detail",
    "template_list",
    "version",
    "versions",
    "workflow_detail",
    "workflow_import",
    "workflow_list",
    "workflow_new",
    "workflow_panel",
    "workflow_picture",
]
