"""Pages to look at workflows."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from convergio.pages import PageRequest, page
from workflows import documents, queries
from workflows.comparison import compare, marks
from workflows.models import Workflow
from workflows.views.finding import find, picture_of, readable, shown_document

PER_PAGE = 24
SHELVES = ("active", "archived", "all")


@require_GET
@page
def workflow_list(request: PageRequest) -> HttpResponse:
    """Every workflow, with search, category and state."""
    everything = queries.visible_to(request.actor)
    show = request.GET.get("show", "active")
    rows = everything if show == "all" else everything.filter(archived_at__isnull=show != "archived")
    text, category = (request.GET.get(key, "").replace("\x00", "") for key in ("q", "category"))
    found = queries.search(rows, text=text, category=category)
    facts = {
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "categories": sorted({one for one in everything.values_list("category", flat=True) if one}),
        "is_empty": not everything.exists(),
        "show": show if show in SHELVES else "active",
    }
    return render(request, "workflows/workflow_list.html", facts)


@require_GET
@page
def workflow_detail(request: PageRequest, slug: str) -> HttpResponse:
    """One workflow: its picture, what it asks for and gives, and what is to be mended in its draft."""
    workflow = find(request, slug)
    document = shown_document(workflow)
    facts = {**frame(workflow, "overview"), "picture": picture_of(document), "definition": readable(document)}
    return render(request, "workflows/workflow_detail.html", facts)


@require_GET
@page
def versions(request: PageRequest, slug: str) -> HttpResponse:
    """All versions, newest first."""
    workflow = find(request, slug)
    facts = {**frame(workflow, "versions"), "versions": queries.versions(workflow)}
    return render(request, "workflows/workflow_versions.html", facts)


@require_GET
@page
def version(request: PageRequest, slug: str, number: int) -> HttpResponse:
    """One version as it was published."""
    workflow = find(request, slug)
    chosen = queries.version(workflow, number)
    facts = {**frame(workflow, "versions"), "version": chosen, "picture": picture_of(chosen.definition)}
    return render(request, "workflows/workflow_version.html", facts)


@require_GET
@page
def comparison(request: PageRequest, slug: str) -> HttpResponse:
    """Two versions side by side; “draft” counts as one."""
    workflow = find(request, slug)
    old, new = request.GET.get("old", "published"), request.GET.get("new", "draft")
    before, after = queries.definition(workflow, old), queries.definition(workflow, new)
    found = compare(before, after)
    facts = {
        **frame(workflow, "versions"),
        "old": _name(old),
        "new": _name(new),
        "differences": found,
        "marks": marks(found),
        "before": picture_of(before),
        "after": picture_of(after),
    }
    return render(request, "workflows/workflow_comparison.html", facts)


def frame(workflow: Workflow, tab: str) -> dict[str, Any]:
    """Return what the head of every page about a workflow needs."""
    return {
        "workflow": workflow,
        "tab": tab,
        "findings": queries.check(workflow.draft, workflow.workspace, slug=workflow.slug),
        "is_changed": has_changes(workflow),
    }


def has_changes(workflow: Workflow) -> bool:
    """Tell whether the draft differs from what is published."""
    published = workflow.published
    return published is None or published.digest != documents.digest(workflow.draft)


def _name(version: str) -> str:
    named = {"draft": "the draft", "published": "the published version"}
    return named.get(version, f"version {version}")
