"""Reads: the workflows somebody may see, and what is to be mended in a definition."""

from collections.abc import Iterable
from typing import Any

from agents.queries import known_agents
from django.db.models import Count, Q, QuerySet

from agents.tools.catalogue import known_tools
from convergio.errors import InvalidInput, NotFound
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Workspace
from convergio.workspaces.permissions import Permission
from workflows.models import Workflow, WorkflowVersion
from workflows.schema import Definition, parse_definition
from workflows.validation import Finding, Known, Severity, validate


def visible_to(actor: Actor) -> QuerySet[Workflow]:
    """Return the workflows of the actor's workspace, by name."""
    if not actor.may(Permission.VIEW):
        return Workflow.objects.none()
    rows = Workflow.objects.filter(workspace=actor.workspace)
    return rows.select_related("published", "created_by", "workspace").order_by("name", "slug")


def search(
    rows: QuerySet[Workflow], *, text: str = "", category: str = "", tag: str = ""
) -> QuerySet[Workflow]:
    """Narrow a list by words in name, slug or description, by category and by tag."""
    for word in text.replace("\x00", " ").split()[:10]:
        rows = rows.filter(Q(name__icontains=word) | Q(slug__icontains=word) | Q(description__icontains=word))
    rows = rows.filter(category=category) if category else rows
    return rows.filter(tags__contains=[tag]) if tag else rows


def versions(workflow: Workflow) -> QuerySet[WorkflowVersion]:
    """Return the versions of a workflow, newest first, with `runs` counted."""
    return workflow.versions.select_related("created_by").annotate(runs=Count("executions"))


def version(workflow: Workflow, number: int) -> WorkflowVersion:
    """Return one version. Raises NotFound, naming it."""
    found = (
        workflow.versions.select_related("workflow").filter(number=number).first() if number < 2**31 else None
    )
    if found is None:
        raise NotFound(f"“{workflow}” has no version {number}.")
    return found


def findings(subject: Workflow | Definition, workspace: Workspace | None = None) -> list[Finding]:
    """Return what is to be mended in a workflow's draft, or in a definition for a workspace."""
    if isinstance(subject, Workflow):
        return findings(parse_definition(subject.draft), subject.workspace)
    if workspace is None:
        raise ValueError("a definition is validated for a workspace")
    return list(validate(subject, known(workspace)))


def known(workspace: Workspace) -> Known:
    """Return what a definition of this workspace may name."""
    slugs = Workflow.objects.filter(workspace=workspace, published__isnull=False, archived_at=None)
    return Known(
        agents=frozenset(known_agents(workspace)),
        tools=frozenset(known_tools(workspace)),
        workflows=frozenset(slugs.values_list("slug", flat=True)),
    )


def errors(found: Iterable[Finding]) -> list[Finding]:
    """Return those findings that forbid publishing."""
    return [finding for finding in found if finding.severity == Severity.ERROR]


def as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as the API and error details show it."""
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "step": finding.step,
        "message": finding.message,
    }


def check(document: object, workspace: Workspace) -> list[dict[str, Any]]:
    """Return everything that is wrong with a document, whether it cannot be read or only be run."""
    try:
        definition = parse_definition(document)
    except InvalidInput as error:
        faults = error.details or [{"message": error.sentence}]
        return [{"severity": "error", "code": error.code, "step": None, **fault} for fault in faults]
    return [as_json(finding) for finding in findings(definition, workspace)]
