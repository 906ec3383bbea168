"""What was decided before on the like: the newest decisions on this step, else in this workflow, and how they ended."""

from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When

from approvals.models import Decision, RequestStatus
from executions.engine.address import step_id_in
from executions.models import TRIAL, Execution
from executions.packets.reading import Asked

MOST = 3
MOST_LOOKED_AT = 30
SHOWN = (
    *("answer", "counts_as", "comment", "created_at", "user__name", "user__email"),
    *("request__title", "request__status", "request__origin", "request__origin_path", "request__answers"),
)
DECIDED = (
    RequestStatus.APPROVED,
    RequestStatus.REJECTED,
    RequestStatus.CHANGES_REQUESTED,
    RequestStatus.SUBMITTED,
)


def similar(asked: Asked) -> list[dict[str, Any]]:
    """Up to three decisions in other runs of the workflow, those on the same step first, the newest first."""
    newest: dict[Any, Decision] = {}
    for decision in _decisions(asked):
        newest.setdefault(decision.request_id, decision)
    rows = Execution.objects.filter(
        workflow=asked.execution.workflow_id, workspace=asked.request.workspace_id
    )
    rows = rows.exclude(trigger=TRIAL)
    origins = [decision.request.origin for decision in newest.values()]
    runs = (
        {str(run.pk): run for run in rows.filter(pk__in=origins).only("number", "status")} if origins else {}
    )
    known = [one for one in newest.values() if one.request.origin in runs][:MOST]
    return [_entry(one, runs[one.request.origin], asked) for one in known]


def _decisions(asked: Asked) -> list[Decision]:
    """The newest of those that may fit. A request tells its workflow by the name before its run's number alone."""
    step = asked.step_id
    here = Q(request__origin_path=step) | Q(request__origin_path__endswith=f".{step}")
    near = Case(When(here, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = Decision.objects.filter(
        request__workspace=asked.request.workspace_id,
        request__status__in=DECIDED,
        request__kind=asked.request.kind,
        request__origin_label__startswith=f"{asked.execution.workflow.name} #",
    ).exclude(request__origin=asked.request.origin)
    rows = rows.select_related("request", "user").only(*SHOWN)
    return list(rows.order_by(near, "-created_at")[:MOST_LOOKED_AT])


def _entry(decision: Decision, run: Execution, asked: Asked) -> dict[str, Any]:
    request = decision.request
    return {
        "id": str(request.pk),
        "title": request.title,
        "who": str(decision.user) if decision.user else "Somebody who left",
        "answer": decision.label,
        "own": decision.label if request.answers else "",
        "status": request.status,
        "comment": decision.comment[:500],
        "at": decision.created_at.isoformat(),
        "run": {"id": str(run.pk), "number": run.number, "status": run.status},
        "same_step": step_id_in(request.origin_path) == asked.step_id,
    }
