"""Stopping what runs in a scope."""

from executions.engine import asking
from executions.engine.events import EventType
from executions.engine.state import ACTIVE_PHASES, SCOPE_KINDS, StepRun
from executions.engine.turn import Turn


def cancel(turn: Turn, run: StepRun, reason: str) -> None:
    """Stop a step run and everything in it."""
    if run.phase not in ACTIVE_PHASES:
        return
    if run.kind in SCOPE_KINDS:
        cancel_inside(turn, run.path, reason)
    asking.withdraw(turn, run)
    turn.emit(EventType.STEP_CANCELLED, run.path, round=run.round, reason=reason)


def cancel_inside(turn: Turn, scope: str, reason: str) -> None:
    """Stop everything in a scope; '' is the whole run."""
    for path in list(turn.index.children.get(scope, ())):
        cancel(turn, turn.state.steps[path], reason)
