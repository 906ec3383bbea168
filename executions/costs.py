"""What runs cost, grouped the ways people ask for. Read from the calls, which know most."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDay

from convergio.workspaces.models import Workspace
from executions.models import Call, CallStatus, Execution

PAID = (CallStatus.FINISHED, CallStatus.SUPERSEDED)
"""Calls that were answered, and so were paid, even when the answer was of no use."""

GROUPS: dict[str, Any] = {
    "day": TruncDay("started_at"),
    "workflow": "execution__workflow__slug",
    "agent": "actor",
    "model": "served_by",
    "execution": "execution_id",
}
"""How costs may be grouped."""


@dataclass(frozen=True, slots=True)
class Spent:
    """One line of a table of costs, in US dollars."""

    group: Any
    requests: int
    tool_calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float


def by(group: str, workspace: Workspace, since: datetime, until: datetime) -> list[Spent]:
    """Return what was spent in a span of time, by one of GROUPS, the dearest first (days in order)."""
    paid = Call.objects.filter(
        workspace=workspace, status__in=PAID, started_at__gte=since, started_at__lt=until
    )
    grouped: QuerySet[Any, Any] = paid.order_by().annotate(group=_expression(group)).values("group")
    spent = [_line(row) for row in grouped.annotate(**_SUMS)]
    return sorted(spent, key=_by_day if group == "day" else _by_cost)


def by_step(execution: Execution) -> list[Spent]:
    """Return what each step of a run used, by path, in all its rounds."""
    paid = Call.objects.filter(execution=execution, status__in=PAID)
    rows = paid.order_by().values("path").annotate(**_SUMS).order_by("path")
    return [_line({**row, "group": row["path"]}) for row in rows]


def total(lines: Iterable[Spent]) -> float:
    """Return the sum of a table."""
    return round(sum(line.cost for line in lines), 8)


def _by_day(line: Spent) -> Any:
    return line.group


def _by_cost(line: Spent) -> tuple[float, str]:
    return -line.cost, str(line.group)


def _expression(group: str) -> Any:
    chosen = GROUPS[group]
    return F(chosen) if isinstance(chosen, str) else chosen


_SUMS = {
    "requests": Count("id", filter=Q(kind="model")),
    "tool_calls": Count("id", filter=Q(kind="tool")),
    "prompt": Coalesce(Sum("prompt_tokens"), 0),
    "completion": Coalesce(Sum("completion_tokens"), 0),
    "cost_sum": Sum("cost"),
}


def _line(row: dict[str, Any]) -> Spent:
    return Spent(
        row["group"],
        row["requests"],
        row["tool_calls"],
        row["prompt"],
        row["completion"],
        float(row["cost_sum"]),
    )
