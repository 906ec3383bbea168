"""Reads: the workflows somebody may see, and what is to be mended in a definition."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from convergio.errors import NotFound
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Workspace
from convergio.workspaces.permissions import Permission
from workflows.models import Workflow, WorkflowVersion
from workflows.schema import parse_definition
from workflows.surroundings import Surroundings
from workflows.validation import Finding, check_document, errors_in, validate


def visible_to(actor: Actor) -> QuerySet[Workflow]:
    """Return the workflows of the actor's workspace, by name."""
    if not actor.may(Permission.VIEW):
        return Workflow.objects.none()
    rows = Workflow.objects.filter(workspace=actor.workspace)
    return rows.select_related("published", "created_by", "workspace").order_by("name", "slug")


def to_run(actor: Actor, slug: str) -> Workflow | None:
    """Return a workflow of the actor's workspace by slug, without its draft and what else a run does not need."""
    if not actor.may(Permission.VIEW) or "\x00" in slug:
        return None
    found = Workflow.objects.filter(workspace=actor.workspace, slug=slug).defer(
        "draft", "description", "tags"
    )
    for workflow in found.order_by():
        workflow.workspace = actor.workspace
        return workflow
    return None


def search(
    rows: QuerySet[Workflow], *, text: str = "", category: str = "", tag: str = ""
) -> QuerySet[Workflow]:
    """Narrow a list by words in name, slug or description, by category and by tag."""
    for word in text.replace("\x00", " ").split()[:10]:
        rows = rows.filter(Q(name__icontains=word) | Q(slug__icontains=word) | Q(description__icontains=word))
    rows = rows.filter(category=category) if category else rows
    return rows.filter(tags__contains=[tag]) if tag else rows


def versions(workflow: Workflow) -> QuerySet[WorkflowVersion]:
    """Return the published versions of a workflow, newest first, with `runs` counted."""
    published = workflow.versions.filter(number__isnull=False).select_related("created_by")
    return published.annotate(runs=Count("executions")).order_by("-number")


def version(workflow: Workflow, number: int) -> WorkflowVersion:
    """Return one version. Raises NotFound, naming it."""
    found = (
        workflow.versions.select_related("workflow").filter(number=number).first() if number < 2**31 else None
    )
    if found is None:
        raise NotFound(f"“{workflow}” has no version {number}.")
    return found


def definition(workflow: Workflow, which: str) -> dict[str, Any]:
    """Return a definition of a workflow: its “draft”, the “published” one, or that of a version's number."""
    if which == "draft":
        return dict(workflow.draft)
    if which == "published":
        return dict(workflow.published.definition) if workflow.published else {}
    if not (which.isascii() and which.isdigit() and len(which) < 10):
        raise NotFound(f"“{which[:100]}” is neither a version's number nor “published” or “draft”.")
    return dict(version(workflow, int(which)).definition)


def findings(workflow: Workflow) -> list[Finding]:
    """Return what is to be mended in a workflow's draft."""
    return validate(parse_definition(workflow.draft), Surroundings(workflow.workspace).known(workflow.slug))


def errors(found: list[Finding]) -> list[Finding]:
    """Return those findings that forbid publishing."""
    return errors_in(found)


def check(document: object, workspace: Workspace, *, slug: str | None = None) -> list[Finding]:
    """Return everything that is wrong with a document, whether it cannot be read or only not be run.

    `slug` is that of the workflow whose document it is, if any.
    """
    return check_document(document, Surroundings(workspace).known(slug))[1]
