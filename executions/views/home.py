"""The first page: what waits for me, what runs, what failed, what it costs."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from agents.queries import only_embedded
from approvals import queries as approval_queries
from convergio.live import workspace_topic
from convergio.pages import PageRequest, page
from executions import queries
from executions.models import TRIAL, ExecutionStatus
from workflows import queries as workflow_queries

ACTIVE = (ExecutionStatus.QUEUED, ExecutionStatus.RUNNING, ExecutionStatus.WAITING, ExecutionStatus.PAUSED)
FAILED = (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT)


@require_GET
@page
def home(request: PageRequest) -> HttpResponse:
    """What matters now."""
    template = "home/home.html"
    return render(request, f"{template}#now" if request.htmx else template, _now(request))


def _now(request: PageRequest) -> dict[str, Any]:
    now = timezone.now()
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    runs = queries.visible_to(request.actor).select_related("workflow", "started_by")
    workflows = workflow_queries.visible_to(request.actor).filter(archived_at=None)
    failed = runs.filter(status__in=FAILED, ended_at__gte=now - timedelta(days=7)).exclude(trigger=TRIAL)
    return {
        "topic": workspace_topic(request.workspace.id),
        "waiting": approval_queries.waiting_for(request.actor)[:5],
        "active": runs.filter(status__in=ACTIVE).order_by("-created_at")[:6],
        "failed": failed.order_by("-ended_at")[:4],
        "finished": runs.filter(status=ExecutionStatus.COMPLETED).order_by("-ended_at")[:5],
        "ready": workflows.exclude(published=None).order_by("-updated_at")[:6],
        "runs_today": runs.filter(created_at__gte=today).count(),
        "active_count": runs.filter(status__in=ACTIVE).count(),
        "failed_count": failed.count(),
        "cost_today": queries.cost_between(request.workspace, today, now),
        "is_new": not runs.exists(),
        "only_embedded": only_embedded(request.workspace),
    }
