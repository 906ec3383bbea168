"""What happens when a step has begun or was answered: its outcome becomes facts."""

from convergio.errors import InvalidInput
from executions.engine import timers
from executions.engine.ending import fail, problem_of, succeed
from executions.engine.events import EventType
from executions.engine.problems import Problem
from executions.engine.revision import revise
from executions.engine.state import StepRun, Usage
from executions.engine.steps import KINDS
from executions.engine.steps.kind import Broken, Done, Inside, Outcome, Revise, Waiting, Working
from executions.engine.turn import Turn


def begin(turn: Turn, run: StepRun) -> None:
    """Begin a step whose input is resolved."""
    try:
        outcome = KINDS[run.kind].begin(turn, run)
    except InvalidInput as fault:
        fail(turn, run, problem_of(fault, run.path))
        return
    act(turn, run, outcome)


def act(turn: Turn, run: StepRun, outcome: Outcome, usage: Usage | None = None) -> None:
    """Do what an outcome says. `usage` is what the step consumed outside."""
    match outcome:
        case Working():
            pass
        case Inside():
            turn.later("sweep", run.path)
        case Waiting():
            _wait(turn, run, outcome)
        case Done():
            succeed(turn, run, outcome, usage)
        case Broken(code=code, message=message, retryable=retryable):
            fail(turn, run, Problem(code, message, run.path, retryable, usage or Usage()))
        case Revise():
            revise(turn, run, outcome)


def _wait(turn: Turn, run: StepRun, outcome: Waiting) -> None:
    state = run.state | outcome.state | {"timers": run.state.get("timers", {}) | outcome.timers}
    turn.emit(EventType.STEP_WAITING, run.path, round=run.round, due_at=timers.earliest(state), state=state)
