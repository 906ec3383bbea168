"""Reads about runs that pages, the API and others share. Every look-up begins with `visible_to`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    Avg,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Func,
    Q,
    QuerySet,
    Sum,
    TextField,
)
from django.db.models.functions import Cast, Coalesce

from approvals.models import ApprovalRequest
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Workspace
from convergio.workspaces.permissions import Permission
from executions.engine.state import WORK_KINDS
from executions.models import TRIAL, Call, Event, Execution, ExecutionStatus, StepRun, StepStatus
from workflows.models import Workflow

ACTIVE = (ExecutionStatus.QUEUED, ExecutionStatus.RUNNING, ExecutionStatus.WAITING, ExecutionStatus.PAUSED)
MOST_STEPS = 2000
"""Step runs that a snapshot holds; of a long loop the newest passes."""
MOST_RANKED = 5


def visible_to(actor: Actor) -> QuerySet[Execution]:
    """The runs that somebody may see: those of the workspace they act in."""
    if not actor.may(Permission.VIEW):
        return Execution.objects.none()
    return Execution.objects.filter(workspace=actor.workspace)


# one run


@dataclass(slots=True)
class Node:
    """A step run with its earlier rounds and what ran inside it. `run` is the newest round."""

    run: StepRun
    earlier: list[StepRun] = field(default_factory=list)
    inside: list["Node"] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The address of the step run."""
        return self.run.path


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The step runs of a run as a tree. `left_out` counts what a long loop had more than can be shown."""

    execution: Execution
    nodes: list[Node]
    by_path: dict[str, Node]
    left_out: int = 0


def snapshot(execution: Execution, *, most: int = MOST_STEPS) -> Snapshot:
    """Return the run as a tree: containers and passes hold what ran in them, in the order in which it began."""
    rows = StepRun.objects.filter(execution=execution)
    found = list(rows.order_by("-created_seq", "-path")[: most + 1])
    left_out = rows.count() - most if len(found) > most else 0
    by_path = _by_path(reversed(found[:most]))
    nodes = [node for node in by_path.values() if node.run.scope not in by_path]
    for node in by_path.values():
        if node.run.scope in by_path:
            by_path[node.run.scope].inside.append(node)
    return Snapshot(execution, nodes, by_path, left_out)


def _by_path(runs: Iterable[StepRun]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for run in runs:
        known = found.get(run.path)
        if known is None:
            found[run.path] = Node(run)
        elif run.round > known.run.round:
            known.earlier.append(known.run)
            known.run = run
        else:
            known.earlier.append(run)
    return found


def events_after(execution: Execution, seq: int, limit: int = 500) -> list[Event]:
    """Return the events with a greater number, in order."""
    return list(Event.objects.filter(execution_id=execution.pk, seq__gt=seq).order_by("seq")[:limit])


def calls(execution: Execution, path: str | None = None) -> QuerySet[Call]:
    """Return the model and tool calls of a run, or of one of its steps, in the order in which they began."""
    found = Call.objects.filter(execution=execution)
    return found if path is None else found.filter(path=path)


# one workflow


class _Percentile(Func):
    """PostgreSQL's percentile_cont over an expression."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()
    contains_aggregate = True

    def get_group_by_cols(self) -> list[Any]:
        """Nothing: it is an aggregate."""
        return []


TOOK = ExpressionWrapper(F("ended_at") - F("started_at"), output_field=DurationField())


def statistics(workflow: Workflow) -> dict[str, Any]:
    """Return the figures of a workflow; durations in seconds, cost in US dollars, rates between 0 and 1.

    Trials of its draft do not count.
    """
    runs = Execution.objects.filter(workflow=workflow).exclude(trigger=TRIAL)
    facts = runs.aggregate(
        runs=Count("id"),
        active=Count("id", filter=Q(status__in=ACTIVE)),
        completed=Count("id", filter=Q(status=ExecutionStatus.COMPLETED)),
        failed=Count("id", filter=Q(status__in=(ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT))),
        cancelled=Count("id", filter=Q(status=ExecutionStatus.CANCELLED)),
        cost=Coalesce(Sum("cost"), Decimal(0)),
        tokens=Coalesce(Sum(F("prompt_tokens") + F("completion_tokens")), 0),
    )
    judged = facts["completed"] + facts["failed"]
    return {
        **facts,
        "cost": float(facts["cost"]),
        "success_rate": facts["completed"] / judged if judged else None,
        "cost_per_run": float(facts["cost"]) / facts["runs"] if facts["runs"] else None,
        **_durations(runs.filter(status=ExecutionStatus.COMPLETED, started_at__isnull=False)),
        "slowest_steps": slowest_steps(workflow),
        "failing_steps": failing_steps(workflow),
        "approval_wait": approval_wait(workflow),
    }


def _durations(runs: QuerySet[Execution]) -> dict[str, float | None]:
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    found = runs.aggregate(**{name: _Percentile(TOOK, share=share) for name, share in shares.items()})
    return {name: took.total_seconds() if took is not None else None for name, took in found.items()}


def slowest_steps(workflow: Workflow) -> list[dict[str, Any]]:
    """Return the steps whose work takes longest on average."""
    done = StepRun.objects.filter(
        execution__workflow=workflow, kind__in=WORK_KINDS, status=StepStatus.SUCCEEDED, ended_at__isnull=False
    ).exclude(execution__trigger=TRIAL)
    rows = (
        done.values("step_id").annotate(runs=Count("id"), took=Avg(TOOK), spent=Sum("cost")).order_by("-took")
    )
    return [
        {
            "step": row["step_id"],
            "runs": row["runs"],
            "average_s": row["took"].total_seconds() if row["took"] else 0.0,
            "cost": float(row["spent"]),
        }
        for row in rows[:MOST_RANKED]
    ]


def failing_steps(workflow: Workflow) -> list[dict[str, Any]]:
    """Return the steps that fail most often."""
    ended = StepRun.objects.filter(
        execution__workflow=workflow, status__in=(StepStatus.SUCCEEDED, StepStatus.FAILED)
    ).exclude(Q(kind="iteration") | Q(execution__trigger=TRIAL))
    failures = Count("id", filter=Q(status=StepStatus.FAILED))
    rows = ended.values("step_id").annotate(runs=Count("id"), failures=failures).filter(failures__gt=0)
    return [
        {
            "step": row["step_id"],
            "runs": row["runs"],
            "failures": row["failures"],
            "rate": row["failures"] / row["runs"],
        }
        for row in rows.order_by("-failures", "step_id")[:MOST_RANKED]
    ]


def approval_wait(workflow: Workflow) -> dict[str, Any]:
    """Return how long people take to answer what this workflow asks: how many answers, and their average."""
    ids = (
        Execution.objects.filter(workflow=workflow)
        .exclude(trigger=TRIAL)
        .values(text=Cast("id", TextField()))
    )
    settled = ApprovalRequest.objects.filter(origin__in=ids, settled_at__isnull=False)
    settled = settled.exclude(status="cancelled")
    took = ExpressionWrapper(F("settled_at") - F("created_at"), output_field=DurationField())
    facts = settled.aggregate(answers=Count("id"), average=Avg(took))
    average = facts["average"]
    return {"answers": facts["answers"], "average_s": average.total_seconds() if average else None}


# a workspace


def cost_between(workspace: Workspace, since: datetime, until: datetime) -> Decimal:
    """Return what model and tool calls of a workspace cost in a span of time, in US dollars."""
    found = Call.objects.filter(workspace=workspace, started_at__gte=since, started_at__lt=until)
    total: Decimal = found.aggregate(total=Coalesce(Sum("cost"), Decimal(0)))["total"]
    return total
