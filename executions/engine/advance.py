"""One command in, one transition out."""

from datetime import datetime

from executions.engine import timers
from executions.engine.agenda import work
from executions.engine.commands import Clock, Command, Rejection
from executions.engine.consequences import effects
from executions.engine.events import EventType
from executions.engine.handlers import handle
from executions.engine.index import first_timer, index_of
from executions.engine.plan import Plan
from executions.engine.run_end import check_limits
from executions.engine.state import ENDED_RUNS, RunState, RunStatus
from executions.engine.turn import Transition, Turn


def advance(plan: Plan, state: RunState, command: Command, clock: Clock) -> Transition | Rejection:
    """Decide what a command leads to, apply it to `state` in place, and give what is to be written and done.

    A rejection has changed nothing. When the write fails, drop the state and load the run again. After loading, do
    `pending_effects` and advance with `Due`, which picks up whatever the last transition left for the next.
    """
    turn = Turn(plan, state, clock)
    refusal = handle(turn, command)
    if refusal is not None:
        return refusal
    check_limits(turn)
    work(turn)
    _look_around(turn)
    work(turn)
    _tell_status(turn)
    return _transition(turn)


def next_due(state: RunState) -> datetime | None:
    """When the run next wants a `Due`: its earliest timer, or a time long past when work was left for it."""
    if state.status not in (RunStatus.RUNNING, RunStatus.WAITING):
        return None
    if index_of(state).deferred:
        return state.started_at
    timer = first_timer(state)
    times = [time for time in (timer and timer[0], timers.deadline(state), timers.promise(state)) if time]
    return min(times, default=None)


def is_idle(state: RunState) -> bool:
    """Whether no process is needed: all that is active waits for people, time or other runs."""
    index = index_of(state)
    return state.status in ENDED_RUNS or not (index.busy or index.deferred)


def _look_around(turn: Turn) -> None:
    """Look at the whole run once after it was loaded or held, and at the loops that were left for later.

    Last, so that a run that was just loaded does what one that was kept in memory does.
    """
    index = turn.index
    if not turn.may_start or turn.state.status is RunStatus.QUEUED:
        return
    if not index.swept:
        index.swept = True
        turn.later("sweep", "")
    for path in index.deferred:
        turn.later("refill", path)
    index.deferred.clear()


def _tell_status(turn: Turn) -> None:
    status, idle = turn.state.status, is_idle(turn.state)
    if status is RunStatus.RUNNING and idle:
        turn.emit(EventType.RUN_WAITING)
    elif status is RunStatus.WAITING and not idle:
        turn.emit(EventType.RUN_RUNNING)


def _transition(turn: Turn) -> Transition:
    index = turn.index
    changed, closed = tuple(index.touched.values()), tuple(index.closed)
    index.touched.clear()
    late = tuple(index.late)
    index.closed.clear()
    index.late.clear()
    asked = tuple(effects(turn.plan, turn.state, turn.events))
    return Transition(turn.clock.now, tuple(turn.events), asked, changed, closed, late)
