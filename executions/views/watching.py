"""The run page. The same view draws it first and draws it again whenever the run has moved."""

import uuid
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from convergio.errors import InvalidInput
from convergio.live import execution_topic
from convergio.pages import PageRequest, page
from convergio.workspaces.actors import Actor
from convergio.workspaces.permissions import Permission
from executions.engine.address import step_id_in
from executions.models import Call, CallStatus, Execution, ExecutionStatus
from executions.operations import ALLOWED, ENDED
from executions.views.finding import find
from executions.views.panel import panel_of
from executions.views.states import light_runs, node_states, progress, timeline
from workflows.picture import picture
from workflows.schema import Definition, Step, parse_definition


@require_GET
@page
def execution_detail(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    """A run: its picture with the state of each step, its timeline, and one step in full."""
    execution = find(request, id)
    step, number = (request.GET.get(key, "").replace("\x00", "") for key in ("step", "round"))
    facts = run_facts(execution, request.actor, step, number)
    template = "executions/execution_detail.html"
    return render(request, f"{template}#run" if request.htmx else template, facts)


def run_facts(execution: Execution, actor: Actor, step: str = "", number: str = "") -> dict[str, Any]:
    """Return everything that the run page shows."""
    now = timezone.now()
    definition = _definition(execution)
    steps = {one.id: one for one in definition.steps}
    runs = light_runs(execution)
    panel = panel_of(execution, runs, steps, actor=actor, wanted=step, number=number)
    is_over = execution.status in ENDED
    return {
        "execution": execution,
        "topic": execution_topic(execution.id),
        "picture": picture(definition),
        "states": node_states(runs, now),
        "lines": timeline(execution, runs, steps, now),
        "progress": progress(runs, steps),
        "panel": panel,
        "selected": panel.run.step_id if panel else "",
        "usage": usage_of(execution),
        "is_over": is_over,
        "orders": orders(execution, actor),
        "seconds": _seconds(execution, now),
        "failed_step": _title(steps, (execution.error or {}).get("step")),
        "outputs": execution.outputs if execution.status == ExecutionStatus.COMPLETED else None,
    }


def orders(execution: Execution, actor: Actor) -> list[str]:
    """Return what may be ordered now."""
    if not actor.may(Permission.RUN):
        return []
    return [name for name, (statuses, _) in ALLOWED.items() if execution.status in statuses]


def usage_of(execution: Execution) -> dict[str, Any]:
    """Return what the run consumed up to this moment, calls of running steps included."""
    calls = Call.objects.filter(execution=execution).exclude(status=CallStatus.SUPERSEDED)
    live = calls.aggregate(
        prompt=Sum("prompt_tokens"),
        completion=Sum("completion_tokens"),
        cost=Sum("cost"),
        requests=Count("id", filter=Q(kind="model")),
        tools=Count("id", filter=Q(kind="tool")),
    )
    return {
        "tokens": max((live["prompt"] or 0) + (live["completion"] or 0), _tokens(execution)),
        "cost": max(live["cost"] or 0, execution.cost),
        "requests": max(live["requests"], execution.requests),
        "tools": max(live["tools"], execution.tool_calls),
    }


def _title(steps: dict[str, Step], step_id: str | None) -> str:
    """What people call a step: a path inside a loop is known by its last part."""
    name = step_id_in(step_id or "")
    return steps[name].title if name in steps else step_id or ""


def _tokens(execution: Execution) -> int:
    return execution.prompt_tokens + execution.completion_tokens


def _seconds(execution: Execution, now: Any) -> float | None:
    start = execution.started_at
    return ((execution.ended_at or now) - start).total_seconds() if start else None


def _definition(execution: Execution) -> Definition:
    try:
        return parse_definition(execution.version.definition)
    except InvalidInput:
        return Definition()
