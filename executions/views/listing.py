"""Lists of runs, and the figures of one workflow."""

from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from convergio.live import workspace_topic
from convergio.pages import PageRequest, page
from executions import queries
from executions.models import Execution, ExecutionStatus
from executions.views.finding import find_workflow
from workflows.models import Workflow
from workflows.views.reading import frame

PER_PAGE = 30
SPANS = {"1": "Today", "7": "Last 7 days", "30": "Last 30 days"}
GROUPS = {
    "active": ("queued", "running", "waiting", "paused"),
    "failed": ("failed", "timed_out"),
}


@require_GET
@page
def execution_list(request: PageRequest) -> HttpResponse:
    """Every run of the workspace, with search and filters."""
    facts = {
        **_listed(request, queries.visible_to(request.actor)),
        "workflows": Workflow.objects.filter(workspace=request.workspace)
        .order_by("name")
        .only("slug", "name"),
    }
    template = "executions/execution_list.html"
    return render(request, f"{template}#list" if request.htmx else template, facts)


@require_GET
@page
def workflow_executions(request: PageRequest, slug: str) -> HttpResponse:
    """The runs of one workflow."""
    workflow = find_workflow(request, slug)
    facts = _listed(request, queries.visible_to(request.actor).filter(workflow=workflow))
    if request.htmx:
        return render(request, "executions/execution_list.html#list", facts)
    return render(request, "executions/workflow_executions.html", {**frame(workflow, "runs"), **facts})


@require_GET
@page
def workflow_statistics(request: PageRequest, slug: str) -> HttpResponse:
    """Figures of one workflow; the overview asks for the first row of them."""
    workflow = find_workflow(request, slug)
    facts: dict[str, Any] = {"statistics": queries.statistics(workflow)}
    if request.htmx:
        return render(request, "executions/workflow_statistics.html#figures", facts)
    return render(request, "executions/workflow_statistics.html", {**frame(workflow, "statistics"), **facts})


def _listed(request: PageRequest, rows: QuerySet[Execution]) -> dict[str, Any]:
    found = _filtered(request, rows.select_related("workflow", "version", "started_by"))
    return {
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "statuses": ExecutionStatus.choices,
        "spans": SPANS,
        "topic": workspace_topic(request.workspace.id),
        "is_filtered": any(request.GET.get(key) for key in ("q", "status", "workflow", "days")),
    }


def _filtered(request: PageRequest, rows: QuerySet[Execution]) -> QuerySet[Execution]:
    chosen = {
        key: request.GET.get(key, "").replace("\x00", "") for key in ("q", "status", "workflow", "days")
    }
    for word in chosen["q"].split()[:10]:
        rows = rows.filter(_matches(word))
    if chosen["status"]:
        rows = rows.filter(status__in=GROUPS.get(chosen["status"], (chosen["status"],)))
    if chosen["workflow"]:
        rows = rows.filter(workflow__slug=chosen["workflow"])
    if chosen["days"] in SPANS:
        rows = rows.filter(created_at__gte=timezone.now() - timedelta(days=int(chosen["days"])))
    return rows.order_by("-created_at")


def _matches(word: str) -> Q:
    """A run is found by its workflow, its number, who started it, and the words of its inputs."""
    found = (
        Q(workflow__name__icontains=word) | Q(started_by__email__icontains=word) | Q(inputs__icontains=word)
    )
    number = word.removeprefix("#")
    return found | Q(number=int(number)) if number.isdecimal() and len(number) < 9 else found
