"""A run that begins as a copy of another up to one step: what is taken over, and what runs anew.

Taken over is what ended before that step or beside it. The step itself, the containers around it and everything after
any of these run anew; in a loop around it the passes before its own are taken.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from executions.engine.plan import Plan
from executions.engine.state import ITERATION, Phase

_PART = re.compile(r"([A-Za-z]\w*)(?:\[(\d+)\])?")
_KEPT_PHASES = frozenset({Phase.SUCCEEDED, Phase.SKIPPED})


@dataclass(frozen=True, slots=True)
class Level:
    """One part of a path: the scope it lies in, its step, and for a loop the pass."""

    scope: str
    step_id: str
    number: int | None

    @property
    def path(self) -> str:
        """The path of the step (not of the pass)."""
        return f"{self.scope}.{self.step_id}" if self.scope else self.step_id

    @property
    def inside(self) -> str:
        """The scope of what lies in it."""
        return self.path if self.number is None else f"{self.path}[{self.number}]"


def levels(plan: Plan, path: str) -> list[Level] | None:
    """The parts of a path, outermost first; None when the definition has no such path."""
    found: list[Level] = []
    for part in path.split("."):
        match = _PART.fullmatch(part)
        if match is None:
            return None
        number = None if match[2] is None else int(match[2])
        found.append(Level(found[-1].inside if found else "", match[1], number))
    return found if _fits(plan, found) else None


def _fits(plan: Plan, found: list[Level]) -> bool:
    ids = tuple(level.step_id for level in found)
    if ids[-1] not in plan.steps or plan.ancestors[ids[-1]] != ids[:-1] or found[-1].number is not None:
        return False
    return all((plan.steps[one.step_id].type == "loop") is (one.number is not None) for one in found[:-1])


def taken_over(plan: Plan, path: list[Level], rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The step runs of the other run that the fork begins with, containers before what lies in them."""
    by_scope = {level.scope: level for level in path}
    passes = {level.path: level.number for level in path if level.number is not None}
    kept: dict[str, str] = {}
    for row in sorted(rows, key=lambda one: (one["path"].count("."), len(one["path"]), one["path"])):
        scope = row.get("scope", "")
        if scope in by_scope:
            wanted = _is_untouched(plan, by_scope[scope], row)
        elif scope in passes:
            wanted = row["kind"] == ITERATION and _number(row["path"]) < (passes[scope] or 0)
        else:
            wanted = kept.get(scope) in ("parallel", "sequential")
        if wanted and _has_ended(row):
            kept[row["path"]] = row["kind"]
            yield row


def _is_untouched(plan: Plan, level: Level, row: dict[str, Any]) -> bool:
    return row["step_id"] != level.step_id and row["step_id"] not in plan.graph.downstream(level.step_id)


def _has_ended(row: dict[str, Any]) -> bool:
    phase = row.get("phase", row.get("status", ""))
    return phase in _KEPT_PHASES or (phase == Phase.FAILED and bool(row.get("port")))


def _number(path: str) -> int:
    return int(path[path.rindex("[") + 1 : -1])
