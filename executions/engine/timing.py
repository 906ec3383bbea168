"""What happens when timers come; the names are those of timers.py."""

from collections.abc import Callable

from executions.engine import run_end, timers
from executions.engine.agenda import work
from executions.engine.ending import fail
from executions.engine.events import EventType
from executions.engine.index import first_timer
from executions.engine.outcomes import act
from executions.engine.problems import Problem
from executions.engine.state import StepRun
from executions.engine.steps import wait
from executions.engine.turn import Turn


def fire_all(turn: Turn) -> None:
    """Let everything happen whose time has come, each with all that follows from it."""
    deadline = timers.deadline(turn.state)
    if deadline is not None and deadline <= turn.clock.now:
        run_end.time_out(turn)
    _tell_late(turn)
    while turn.is_open and (timer := first_timer(turn.state)) and timer[0] <= turn.clock.now:
        run = turn.state.steps[timer[1]]
        TIMERS[timers.come(run, turn.clock.now)[0]](turn, run)
        work(turn)


def _tell_late(turn: Turn) -> None:
    """The run as a whole takes longer than it should."""
    promise, sla = timers.promise(turn.state), turn.plan.definition.sla
    if turn.is_open and promise is not None and promise <= turn.clock.now:
        turn.emit(EventType.SLA_BREACHED, target_s=sla.target_s if sla else 0)


def _retry(turn: Turn, run: StepRun) -> None:
    turn.later("restart", run.path)


def _wake(turn: Turn, run: StepRun) -> None:
    act(turn, run, wait.wake(turn, run))


def _expire(turn: Turn, run: StepRun) -> None:
    act(turn, run, wait.expire(turn, run))


def _timeout(turn: Turn, run: StepRun) -> None:
    step = turn.step_of(run)
    message = f"“{step.title}” took longer than the {step.timeout_s:g} seconds it is allowed."
    fail(turn, run, Problem("timeout", message, run.path, retryable=True, stopped=True))


def _wall(turn: Turn, run: StepRun) -> None:
    step = turn.step_of(run)
    allowed = step.guardrails.max_wall_s
    passed = {"limit": "max_wall_s", "value": allowed, "allowed": allowed}
    turn.emit(EventType.GUARDRAIL_BREACHED, run.path, **passed)
    message = f"“{step.title}” took longer than the {allowed:g} seconds of its limit."
    fail(turn, run, Problem("guardrail_max_wall_s", message, run.path, stopped=True))


def _sla(turn: Turn, run: StepRun) -> None:
    step = turn.step_of(run)
    kept = {name: at for name, at in run.state["timers"].items() if name != "sla"}
    target = step.sla.target_s if step.sla else 0
    turn.emit(EventType.SLA_BREACHED, run.path, target_s=target, state=run.state | {"timers": kept})


TIMERS: dict[str, Callable[[Turn, StepRun], None]] = {
    "retry": _retry,
    "wake": _wake,
    "expire": _expire,
    "timeout": _timeout,
    "wall": _wall,
    "sla": _sla,
}
