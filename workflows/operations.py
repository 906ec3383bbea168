"""Every write on workflows: their facts, their draft, their versions, their end."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, ProtectedError
from django.utils import timezone
from django.utils.text import slugify

from convergio import checks
from convergio.audit.changes import assign
from convergio.audit.operations import record
from convergio.errors import Conflict, InvalidInput, NotFound
from convergio.workspaces.actors import Actor
from convergio.workspaces.permissions import Permission
from workflows import documents, queries, templates
from workflows.drafting.store import DraftMoved, announce, lock, put, refuse_archived
from workflows.models import Workflow, WorkflowVersion
from workflows.signals import version_published

EMPTY: dict[str, Any] = {"format": 1}
EDITABLE = ("name", "slug", "description", "category", "tags", "is_active")
"""What `update` may change; everything else has a verb of its own."""
RESERVED = frozenset({"new", "import"})
"""Slugs that pages need for themselves."""


class NotPublishable(InvalidInput):
    """The draft cannot be published yet."""

    code = "not_publishable"


class NothingNew(Conflict):
    """The draft is the same as the published version, so there is nothing to publish."""

    code = "nothing_new"


class HasRuns(Conflict):
    """This workflow has runs, which keep their history; archive it instead."""

    code = "has_runs"


def create(
    *,
    name: str,
    by: Actor,
    slug: str = "",
    description: str = "",
    category: str = "",
    tags: list[str] | tuple[str, ...] = (),
    definition: object = None,
    source_template: str = "",
) -> Workflow:
    """Make a workflow with a draft. Without a slug one is made from the name. Raises InvalidInput."""
    by.require(Permission.BUILD)
    facts = _checked({"name": name, "description": description, "category": category, "tags": tags})
    facts["slug"] = _slug(slug) if slug else free_slug(facts["name"], by)
    facts["draft"] = documents.canonical(EMPTY if definition is None else definition)
    facts["source_template"] = source_template
    try:
        with transaction.atomic():
            workflow = Workflow.objects.create(workspace=by.workspace, created_by=by.user, **facts)
            record(by, "workflow.create", workflow, {"slug": [None, workflow.slug]})
            announce(workflow)
    except IntegrityError as error:
        raise _slug_taken(facts["slug"]) from error
    return workflow


def update(workflow: Workflow, *, by: Actor, **fields: Any) -> Workflow:
    """Change facts of a workflow (see EDITABLE). Raises InvalidInput for a taken slug or unknown field."""
    by.require(Permission.BUILD)
    facts = _checked(fields)
    try:
        with transaction.atomic():
            locked = lock(workflow, by)
            changes = assign(locked, **facts)
            if changes:
                record(by, "workflow.update", locked, changes)
                announce(locked)
    except IntegrityError as error:
        raise _slug_taken(str(facts.get("slug"))) from error
    return locked


@transaction.atomic
def save_draft(workflow: Workflow, document: object, *, revision: int, by: Actor) -> Workflow:
    """Save a draft that was loaded as `revision`. Raises DraftMoved when somebody else saved it since."""
    by.require(Permission.BUILD)
    draft = documents.canonical(document)
    locked = lock(workflow, by)
    refuse_archived(locked)
    if locked.draft_revision != revision:
        raise DraftMoved(
            f"This draft was saved in the meantime: you have revision {revision}, it is at revision "
            f"{locked.draft_revision}. Load it again and repeat your change."
        )
    put(locked, draft, "workflow.save_draft", by, title="Edit the document")
    return locked


@transaction.atomic
def publish(workflow: Workflow, *, by: Actor, note: str = "") -> WorkflowVersion:
    """Freeze the draft as the next version. Raises NotPublishable with the findings, or NothingNew."""
    by.require(Permission.BUILD)
    note = checks.text(note, "note", most=1000)
    locked = lock(workflow, by)
    refuse_archived(locked)
    _refuse_unchanged(locked)
    _refuse_faulty(locked)
    before = str(locked.published or "") or None
    last = locked.versions.aggregate(last=Max("number"))["last"] or 0
    version = WorkflowVersion.objects.create(
        workflow=locked,
        number=last + 1,
        definition=locked.draft,
        digest=documents.digest(locked.draft),
        note=note,
        created_by=by.user,
    )
    assign(locked, published=version)
    record(by, "workflow.publish", locked, {"published": [before, str(version)], "note": [None, note]})
    version_published.send(sender=WorkflowVersion, version=version)
    announce(locked)
    return version


def freeze(workflow: Workflow, *, by: Actor) -> WorkflowVersion:
    """Return the draft as it is now as a version without a number, for a trial; the same draft is frozen once."""
    by.require(Permission.BUILD)
    draft = _mine(workflow, by).draft
    made, _ = WorkflowVersion.objects.get_or_create(
        workflow=workflow,
        number=None,
        digest=documents.digest(draft),
        defaults={"definition": draft, "created_by": by.user},
    )
    return made


@transaction.atomic
def restore(version: WorkflowVersion, *, by: Actor) -> Workflow:
    """Make an older version the draft again; publishing it makes a new version."""
    by.require(Permission.BUILD)
    locked = lock(version.workflow, by)
    refuse_archived(locked)
    title = f"Restore version {version.number}"
    put(locked, version.definition, "workflow.restore", by, title=title, of=version.number)
    return locked


def copy(workflow: Workflow, *, by: Actor, name: str = "", slug: str = "") -> Workflow:
    """Make another workflow from this one's draft; nothing of it is published yet."""
    return create(
        name=name or f"{workflow.name} (copy)"[:200],
        slug=slug,
        by=by,
        description=workflow.description,
        category=workflow.category,
        tags=workflow.tags,
        definition=_mine(workflow, by).draft,
        source_template=workflow.source_template,
    )


def export(workflow: Workflow, version: WorkflowVersion | None = None) -> dict[str, Any]:
    """Return a workflow as a document: its draft, or one version. Importing it gives the same again."""
    document = documents.Document(
        slug=workflow.slug,
        name=workflow.name,
        description=workflow.description,
        category=workflow.category,
        tags=tuple(workflow.tags),
        definition=version.definition if version else workflow.draft,
    )
    return document.as_json()


def import_workflow(document: object, *, by: Actor, slug: str = "", name: str = "") -> Workflow:
    """Make a workflow from an exported document, whose slug gives way when it is taken."""
    by.require(Permission.BUILD)
    read = documents.read(document, slug=slug, name=name)
    return create(
        name=read.name,
        slug=slug or (_unused(read.slug, by) if read.slug else free_slug(read.name, by)),
        by=by,
        description=read.description,
        category=read.category,
        tags=read.tags,
        definition=read.definition,
    )


def instantiate(template_slug: str, *, by: Actor, name: str = "", slug: str = "") -> Workflow:
    """Make a workflow from a template, published at once when nothing in this workspace is missing for it."""
    template = templates.template(template_slug)
    with transaction.atomic():
        workflow = create(
            name=name or template.name,
            slug=slug or free_slug(template.slug, by),
            by=by,
            description=template.description,
            category=template.category,
            tags=template.tags,
            definition=template.document.definition,
            source_template=template.slug,
        )
        if not queries.errors(queries.findings(workflow)):
            publish(workflow, by=by, note=f"From the template {template.name}")
            workflow.refresh_from_db()
    return workflow


@transaction.atomic
def archive(workflow: Workflow, *, by: Actor) -> Workflow:
    """Take a workflow out of sight; its runs stay, new ones cannot be started."""
    by.require(Permission.BUILD)
    locked = lock(workflow, by)
    if locked.archived_at is None:
        record(by, "workflow.archive", locked, assign(locked, archived_at=timezone.now()))
        announce(locked)
    return locked


@transaction.atomic
def unarchive(workflow: Workflow, *, by: Actor) -> Workflow:
    """Bring an archived workflow back."""
    by.require(Permission.BUILD)
    locked = lock(workflow, by)
    if locked.archived_at is not None:
        record(by, "workflow.unarchive", locked, assign(locked, archived_at=None))
        announce(locked)
    return locked


@transaction.atomic
def delete(workflow: Workflow, *, by: Actor) -> None:
    """Remove a workflow that never ran. Raises HasRuns otherwise."""
    by.require(Permission.BUILD)
    locked = lock(workflow, by)
    try:
        with transaction.atomic():
            record(by, "workflow.delete", locked)
            announce(locked)
            locked.delete()
    except ProtectedError as error:
        raise HasRuns from error


def free_slug(name: str, by: Actor) -> str:
    """Return a slug, in lower case, made from a name that the workspace has not used yet."""
    stem = slugify(name)
    return _unused(stem if checks.SLUG.fullmatch(stem) else f"workflow-{stem}".rstrip("-"), by)


def _unused(slug: str, by: Actor) -> str:
    """Return a slug as it is, or with a number when the workspace uses it already."""
    stem = slug[:90]
    there = Workflow.objects.filter(workspace=by.workspace, slug__startswith=stem)
    taken = RESERVED | set(there.values_list("slug", flat=True))
    return checks.free_slug(stem, taken)


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(fields) - set(EDITABLE))
    if unknown:
        raise checks.refuse(
            unknown[0], f"“{unknown[0]}” cannot be changed; these can: {', '.join(EDITABLE)}."
        )
    return {name: _CHECKS[name](value) for name, value in fields.items()}


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise checks.refuse("is_active", "“is_active” must be true or false.")
    return value


def _slug(value: Any) -> str:
    slug = checks.slug(value)
    if slug in RESERVED:
        raise checks.refuse("slug", f"The slug “{slug}” is needed for a page; choose another.")
    return slug


_CHECKS: dict[str, Any] = {
    "name": lambda value: checks.text(value, "name", most=200, least=1),
    "slug": _slug,
    "description": lambda value: checks.text(value, "description", most=1000),
    "category": lambda value: checks.text(value, "category", most=64),
    "tags": lambda value: checks.texts(value, "tags", most=64, count=20),
    "is_active": _yes_or_no,
}


def _slug_taken(slug: str) -> InvalidInput:
    return checks.refuse("slug", f"The slug “{slug}” is taken by another workflow of this workspace.")


def _mine(workflow: Workflow, by: Actor) -> Workflow:
    if workflow.workspace_id != by.workspace.pk:
        raise NotFound("There is no such workflow in this workspace.")
    return workflow


def _refuse_unchanged(workflow: Workflow) -> None:
    published = workflow.published
    if published is not None and published.digest == documents.digest(workflow.draft):
        raise NothingNew(f"The draft is the same as version {published.number}; there is nothing to publish.")


def _refuse_faulty(workflow: Workflow) -> None:
    faults = queries.errors(queries.findings(workflow))
    if faults:
        more = f" There are {len(faults)} findings in all." if len(faults) > 1 else ""
        raise NotPublishable(
            f"The draft cannot be published yet: {faults[0].sentence}{more}",
            details=[fault.as_json() for fault in faults],
        )
