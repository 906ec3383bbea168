"""A retry revives exactly what failed with nobody catching it, and what was cancelled, in containers that go on."""

from executions.engine import timers
from executions.engine.ending import FRESH_KINDS
from executions.engine.events import EventType
from executions.engine.state import ACTIVE_PHASES, ITERATION, SCOPE_KINDS, Phase, StepRun
from executions.engine.turn import Turn

_PASSING = ("fallback", "timers", "asking")
"""What a step run remembers of the attempt that was lost, and not of the one that follows."""


def revivable(turn: Turn, scope: str) -> list[StepRun]:
    """The step runs that a retry of this scope revives, with those inside them."""
    runs = (turn.state.steps[path] for path in turn.index.children.get(scope, ()))
    found = [run for run in runs if _is_lost(run)]
    return found + [
        deeper for run in found if run.kind in SCOPE_KINDS for deeper in revivable(turn, run.path)
    ]


def revive_inside(turn: Turn, scope: str) -> None:
    """Revive what was lost in a scope; it is looked at again by the sweep that follows."""
    for run in revivable(turn, scope):
        revive(turn, run)


def revive(turn: Turn, run: StepRun) -> None:
    """Make one step run pending again; what people or another run had in hand gets a new round."""
    state = {key: value for key, value in run.state.items() if key not in _PASSING} | {"tries": 0}
    if run.kind in FRESH_KINDS:
        facts = {"round": run.round + 1, "feedback": run.feedback, "attempt": run.attempt}
        turn.emit(EventType.STEP_REOPENED, run.path, state=state, **facts)
        return
    if run.kind in SCOPE_KINDS and run.kind != ITERATION:
        state["timers"] = timers.starting(turn, turn.step_of(run), run)
    turn.emit(EventType.STEP_REVIVED, run.path, round=run.round, state=state)


def _is_lost(run: StepRun) -> bool:
    """Also what is still active counts: a run that was ended without the engine (parked) leaves such steps."""
    uncaught = run.phase is Phase.FAILED and not run.port
    return uncaught or run.phase is Phase.CANCELLED or run.phase in ACTIVE_PHASES
