"""A reviewer asks for changes: everything from the `revise` step up to the gate begins a new round.

Steps on other branches keep what they have. A container on the way is redone whole, except the one that the revised
step lies in: there only that step and what comes after it.
"""

from typing import Any

from executions.engine.address import container_of, join_path, scopes_around
from executions.engine.events import EventType
from executions.engine.plan import Plan
from executions.engine.state import ACTIVE_PHASES, StepRun
from executions.engine.steps.kind import Revise
from executions.engine.steps.loop import highest_round
from executions.engine.stopping import cancel
from executions.engine.turn import Turn

REASON = "changes were requested"


def revise(turn: Turn, gate: StepRun, wish: Revise) -> None:
    """End the gate's round with the request, and reopen what leads to it."""
    decision = {"decision": "changes_requested", "comment": wish.feedback["comment"]}
    output = decision | {"form": wish.feedback["form"], "decided_by": wish.feedback["by"]}
    facts = {"round": gate.round, "output": output, "port": "changes_requested"}
    turn.emit(EventType.STEP_SUCCEEDED, gate.path, **facts)
    level, first, last = _common(turn.plan, wish.step_id, gate.step_id)
    scope = next(
        near for near in scopes_around(turn.state, gate.scope) if container_of(turn.state, near) == level
    )
    for step_id in turn.plan.in_order(turn.plan.graph.between(first, last) | {first, last}):
        _redo(turn, scope, step_id, wish)
        turn.later("consider", scope, step_id)


def _common(plan: Plan, revised: str, gate: str) -> tuple[str | None, str, str]:
    """The innermost container around both, and the steps in it that are or hold the two."""
    one, two = (*plan.ancestors[revised], revised), (*plan.ancestors[gate], gate)
    shared = sum(1 for a, b in zip(one[:-1], two[:-1], strict=False) if a == b)
    return (one[shared - 1] if shared else None), one[shared], two[shared]


def _redo(turn: Turn, scope: str, step_id: str, wish: Revise) -> None:
    run = turn.state.steps.get(join_path(scope, step_id))
    if run is None:
        return
    around = turn.plan.ancestors[wish.step_id]
    if step_id in around and run.kind != "loop":
        _redo_partly(turn, run, around[around.index(step_id) + 1 :], wish)
    else:
        _reopen(turn, run, wish, told=step_id in (*around, wish.step_id))


def _redo_partly(turn: Turn, run: StepRun, inner: tuple[str, ...], wish: Revise) -> None:
    """Reopen a container around the revised step, keeping what does not come after that step."""
    if run.phase not in ACTIVE_PHASES:
        _begin_round(turn, run, wish, told=False)
    first = inner[0] if inner else wish.step_id
    for step_id in turn.plan.in_order(turn.plan.graph.downstream(first) | {first}):
        _redo(turn, run.path, step_id, wish)
        turn.later("consider", run.path, step_id)


def _reopen(turn: Turn, run: StepRun, wish: Revise, told: bool) -> None:
    """Begin a new round of a step run and of everything in it; who is told gets the feedback."""
    cancel(turn, run, REASON)
    inside = [] if run.kind == "loop" else list(turn.index.children.get(run.path, ()))
    first = turn.plan.roots.get(run.step_id, ())
    _begin_round(turn, run, wish, told)
    for path in inside:
        child = turn.state.steps[path]
        _reopen(turn, child, wish, told and child.step_id in first)


def _begin_round(turn: Turn, run: StepRun, wish: Revise, told: bool) -> None:
    feedback = wish.feedback | {"previous_output": run.output} if told else None
    state: dict[str, Any] = {}
    if run.path == wish.gate:
        feedback, state = wish.feedback, {"revisions": run.state.get("revisions", 0) + 1}
    elif run.kind == "loop":
        state = {"base": highest_round(turn, run) + 1}
    turn.emit(EventType.STEP_REOPENED, run.path, round=run.round + 1, feedback=feedback, state=state)
