"""Workflows, their drafts and versions, and the templates over HTTP."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from convergio.errors import NotFound
from convergio.rest.auth import actor_of
from convergio.rest.bodies import Body
from convergio.rest.paging import Page, Paging, one_or_none, paged
from convergio.workspaces.permissions import Permission
from workflows import comparison, importing, operations, queries, templates
from workflows.models import Workflow, WorkflowVersion

router = Router(tags=["Workflows"])
gallery = Router(tags=["Templates"])


class WorkflowOut(Schema):
    """A workflow. `version` is the number of the published version, null before the first."""

    id: UUID
    slug: str
    name: str
    description: str
    category: str
    tags: list[str]
    is_active: bool
    version: int | None = None
    draft_revision: int
    source_template: str
    created_by: str | None = None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None

    @staticmethod
    def resolve_version(workflow: Workflow) -> int | None:
        return workflow.published.number if workflow.published else None

    @staticmethod
    def resolve_created_by(workflow: Workflow) -> str | None:
        return workflow.created_by.email if workflow.created_by else None


class WorkflowDetail(WorkflowOut):
    """A workflow with the inputs that a run of its published version takes."""

    inputs: list[dict[str, Any]] = []

    @staticmethod
    def resolve_inputs(workflow: Workflow) -> list[dict[str, Any]]:
        published = workflow.published
        return list(published.definition.get("inputs", [])) if published else []


class WorkflowIn(Body):
    """A new workflow; without a slug one is made from the name."""

    name: str
    slug: str = ""
    description: str = ""
    category: str = ""
    tags: list[str] = []
    definition: dict[str, Any] | None = None


class WorkflowChanges(Body):
    """What is to be changed; what is left out stays."""

    name: str | None = None
    slug: str | None = None
    description: str | None = None
    category: str | None = None
    tags: list[str] | None = None
    is_active: bool | None = None


class Draft(Schema):
    """A draft with what is to be mended in it."""

    revision: int
    definition: dict[str, Any]
    findings: list[dict[str, Any]]


class DraftIn(Body):
    """A draft that was loaded as `revision`."""

    revision: int = Field(ge=0)
    definition: dict[str, Any]


class VersionOut(Schema):
    """A published version."""

    number: int
    digest: str
    note: str
    runs: int = 0
    created_by: str | None = None
    created_at: datetime

    @staticmethod
    def resolve_created_by(version: WorkflowVersion) -> str | None:
        return version.created_by.email if version.created_by else None


class VersionDetail(VersionOut):
    """A published version with its definition."""

    definition: dict[str, Any]


class PublishIn(Body):
    """A word on what is new."""

    note: str = ""


class NamedIn(Body):
    """How the new workflow is to be called."""

    name: str = ""
    slug: str = ""


class ImportIn(NamedIn):
    """A workflow as export writes it, a bare definition together with a name, or a team of AutoGen's components."""

    document: dict[str, Any]
    make_agents: bool = Field(True, description="make the agents that a team names and that are not here")


class ImportedAgent(Schema):
    """An agent that a document names: it is there, was made, or is missing."""

    slug: str
    name: str
    state: Literal["there", "made", "missing"]


class ImportRemark(Schema):
    """What became of a part of a document, in a sentence."""

    fate: Literal["kept", "changed", "lost"]
    about: str
    sentence: str


class ImportReport(Schema):
    """What was carried over and what not; empty for this product's own documents."""

    source: Literal["convergio", "autogen"]
    kind: str
    agents: list[ImportedAgent]
    remarks: list[ImportRemark]


class ImportOut(WorkflowDetail):
    """The workflow that was made, and what became of the document."""

    report: ImportReport


class DefinitionIn(Body):
    """A definition to look at; nothing is saved."""

    definition: dict[str, Any]


class Findings(Schema):
    """Whether a definition could be published, and what is to be mended."""

    valid: bool
    findings: list[dict[str, Any]]


class WorkflowFilters(Schema):
    """Narrow the list of workflows."""

    search: str = ""
    category: str = ""
    tag: str = ""
    archived: bool = False


def workflow_of(request: HttpRequest, slug: str) -> Workflow:
    """Return a workflow of the caller's workspace. Raises NotFound."""
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    found = one_or_none(queries.visible_to(actor), slug=slug)
    if found is None:
        raise NotFound("There is no such workflow in this workspace.")
    return found


@router.get("/workflows", response=Page[WorkflowOut])
def list_workflows(request: HttpRequest, filters: Query[WorkflowFilters], paging: Query[Paging]) -> Any:
    """The workflows of the workspace, by name."""
    rows = queries.visible_to(actor_of(request)).filter(archived_at__isnull=not filters.archived)
    found = queries.search(rows, text=filters.search, category=filters.category, tag=filters.tag)
    return paged(found, paging)


@router.post("/workflows", response={201: WorkflowDetail})
def create_workflow(request: HttpRequest, payload: WorkflowIn) -> Any:
    """Make a workflow with a draft."""
    return Status(201, operations.create(by=actor_of(request), **payload.dict()))


@router.post("/workflow-imports", response={201: ImportOut})
def import_workflow(request: HttpRequest, payload: ImportIn) -> Any:
    """Make a workflow from an exported document, or from a team of AutoGen, which is read as data."""
    made = importing.import_document(
        payload.document,
        by=actor_of(request),
        slug=payload.slug,
        name=payload.name,
        agents=None if payload.make_agents else (),
    )
    made.workflow.report = made.report()  # type: ignore[attr-defined]
    return Status(201, made.workflow)


@router.post("/validations", response=Findings)
def validate(request: HttpRequest, payload: DefinitionIn) -> Any:
    """Everything that is wrong with a definition, without saving it."""
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    return _findings(queries.check(payload.definition, actor.workspace))


@router.get("/workflows/{slug}", response=WorkflowDetail)
def get_workflow(request: HttpRequest, slug: str) -> Any:
    """One workflow."""
    return workflow_of(request, slug)


@router.patch("/workflows/{slug}", response=WorkflowDetail)
def update_workflow(request: HttpRequest, slug: str, payload: WorkflowChanges) -> Any:
    """Change facts of a workflow."""
    changes = payload.dict(exclude_unset=True)
    return operations.update(workflow_of(request, slug), by=actor_of(request), **changes)


@router.delete("/workflows/{slug}", response={204: None})
def delete_workflow(request: HttpRequest, slug: str) -> Any:
    """Remove a workflow that never ran."""
    operations.delete(workflow_of(request, slug), by=actor_of(request))
    return Status(204, None)


@router.get("/workflows/{slug}/draft", response=Draft)
def get_draft(request: HttpRequest, slug: str) -> Any:
    """The draft, with its revision and findings."""
    return _draft(workflow_of(request, slug))


@router.put("/workflows/{slug}/draft", response=Draft)
def save_draft(request: HttpRequest, slug: str, payload: DraftIn) -> Any:
    """Save the draft; 409 when somebody else saved it since `revision`."""
    workflow = workflow_of(request, slug)
    saved = operations.save_draft(
        workflow, payload.definition, revision=payload.revision, by=actor_of(request)
    )
    return _draft(saved)


@router.get("/workflows/{slug}/findings", response=Findings)
def get_findings(request: HttpRequest, slug: str) -> Any:
    """What is to be mended in the draft before it can be published."""
    return _findings(queries.findings(workflow_of(request, slug)))


@router.get("/workflows/{slug}/versions", response=Page[VersionOut])
def list_versions(request: HttpRequest, slug: str, paging: Query[Paging]) -> Any:
    """The published versions, newest first."""
    return paged(queries.versions(workflow_of(request, slug)), paging)


@router.post("/workflows/{slug}/versions", response={201: VersionDetail})
def publish(request: HttpRequest, slug: str, payload: PublishIn) -> Any:
    """Publish the draft as the next version."""
    version = operations.publish(workflow_of(request, slug), by=actor_of(request), note=payload.note)
    return Status(201, version)


@router.get("/workflows/{slug}/versions/{int:number}", response=VersionDetail)
def get_version(request: HttpRequest, slug: str, number: int) -> Any:
    """One version with its definition."""
    return queries.version(workflow_of(request, slug), number)


@router.post("/workflows/{slug}/versions/{int:number}/restoration", response=Draft)
def restore(request: HttpRequest, slug: str, number: int) -> Any:
    """Make a version the draft again."""
    version = queries.version(workflow_of(request, slug), number)
    return _draft(operations.restore(version, by=actor_of(request)))


@router.get("/workflows/{slug}/comparison")
def compare(request: HttpRequest, slug: str, old: str = "published", new: str = "draft") -> dict[str, Any]:
    """What differs between two versions; each is a number, “published” or “draft”."""
    workflow = workflow_of(request, slug)
    before, after = queries.definition(workflow, old), queries.definition(workflow, new)
    return {"old": old, "new": new, **comparison.compare(before, after)}


@router.get("/workflows/{slug}/export")
def export(request: HttpRequest, slug: str, version: int | None = None) -> dict[str, Any]:
    """The workflow as a document: its draft, or a version."""
    workflow = workflow_of(request, slug)
    chosen = None if version is None else queries.version(workflow, version)
    return operations.export(workflow, chosen)


@router.post("/workflows/{slug}/copies", response={201: WorkflowDetail})
def copy(request: HttpRequest, slug: str, payload: NamedIn) -> Any:
    """Make another workflow from this one's draft."""
    return Status(201, operations.copy(workflow_of(request, slug), by=actor_of(request), **payload.dict()))


@router.post("/workflows/{slug}/archival", response=WorkflowDetail)
def archive(request: HttpRequest, slug: str) -> Any:
    """Take a workflow out of sight."""
    return operations.archive(workflow_of(request, slug), by=actor_of(request))


@router.delete("/workflows/{slug}/archival", response=WorkflowDetail)
def unarchive(request: HttpRequest, slug: str) -> Any:
    """Bring an archived workflow back."""
    return operations.unarchive(workflow_of(request, slug), by=actor_of(request))


def _draft(workflow: Workflow) -> dict[str, Any]:
    return {
        "revision": workflow.draft_revision,
        "definition": workflow.draft,
        "findings": [finding.as_json() for finding in queries.findings(workflow)],
    }


def _findings(found: list[Any]) -> dict[str, Any]:
    return {"valid": not queries.errors(found), "findings": [finding.as_json() for finding in found]}


class TemplateOut(Schema):
    """A template of the gallery."""

    slug: str
    name: str
    description: str
    category: str
    tags: list[str]
    icon: str


class TemplateDetail(TemplateOut):
    """A template with its definition and values to try it with."""

    definition: dict[str, Any]
    sample_inputs: dict[str, Any]

    @staticmethod
    def resolve_definition(template: templates.Template) -> dict[str, Any]:
        return template.document.definition


@gallery.get("/templates", response=Page[TemplateOut])
def list_templates(request: HttpRequest, paging: Query[Paging], category: str = "") -> Any:
    """The templates, by name."""
    found = [one for one in templates.all_templates() if category in ("", one.category)]
    return paged(found, paging)


@gallery.get("/templates/{slug}", response=TemplateDetail)
def get_template(request: HttpRequest, slug: str) -> Any:
    """One template with its definition."""
    return templates.template(slug)


@gallery.post("/templates/{slug}/workflows", response={201: WorkflowDetail})
def instantiate(request: HttpRequest, slug: str, payload: NamedIn) -> Any:
    """Make a workflow from a template; it is published at once when nothing is missing for it."""
    made = operations.instantiate(slug, by=actor_of(request), name=payload.name, slug=payload.slug)
    return Status(201, made)
