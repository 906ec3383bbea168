"""What each fact changes. Nothing else changes a run: one small function a kind of event, in the tables below."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from executions.engine.codec import usage_from_json
from executions.engine.events import Event, EventType
from executions.engine.index import index_of
from executions.engine.state import ITERATION, SCOPE_KINDS, Phase, RunState, RunStatus, StepRun

type Data = dict[str, Any]


def apply(state: RunState, event: Event, at: datetime) -> None:
    """Take one fact in, in place. `at` is the time of the transition; the event counts as the run's next number."""
    state.seq += 1
    if event.type in RUN_CHANGES:
        RUN_CHANGES[event.type](state, event.data, at)
    elif event.type is EventType.STEP_REOPENED:
        _reopen(state, event)
    elif event.type is EventType.USAGE_COUNTED:
        _count(state, event)
    elif event.type is EventType.SLA_BREACHED and not event.path:
        state.extra = {name: value for name, value in state.extra.items() if name != "sla"}
    elif event.type in STEP_MAKERS:
        _make(state, event, at)
    else:
        _change(state, state.steps[event.path], STEP_CHANGES[event.type], event.data, at)
    if event.type is EventType.ITERATION_ENDED or event.type is EventType.STEP_SUCCEEDED:
        _close_inside(state, state.steps[event.path])


def _change(state: RunState, step: StepRun, change: "StepChange", data: Data, at: datetime) -> None:
    index = index_of(state)
    index.leave(step)
    change(step, data, at)
    if "usage" in data:
        used = usage_from_json(data["usage"])
        step.usage.add(used)
        state.usage.add(used)
    index.enter(step)
    index.touch(step)


def _make(state: RunState, event: Event, at: datetime) -> None:
    """Change a step run that may not exist yet."""
    step = state.steps.get(event.path) or _new_step(state, event.path, event.data)
    _change(state, step, STEP_MAKERS[event.type], event.data, at)


def _new_step(state: RunState, path: str, data: Data) -> StepRun:
    step = StepRun(path, data["step_id"], data["kind"], data["scope"], data["round"])
    state.steps[path] = step
    index_of(state).enter(step)
    return step


# Facts about the run


def _run_started(state: RunState, data: Data, at: datetime) -> None:
    state.status = RunStatus.RUNNING
    state.inputs = data["inputs"]
    state.context = dict(data["context"])
    state.started_at = at
    state.extra |= data.get("extra", {})


def _run_moved(status: RunStatus) -> "RunChange":
    def change(state: RunState, data: Data, at: datetime) -> None:
        state.status = status

    return change


def _run_ended(status: RunStatus) -> "RunChange":
    def change(state: RunState, data: Data, at: datetime) -> None:
        state.status = status
        state.ended_at = at
        state.outputs = data.get("outputs")
        state.error = data.get("error")

    return change


def _run_revived(state: RunState, data: Data, at: datetime) -> None:
    state.status = RunStatus.RUNNING
    state.ended_at = state.error = None
    state.extra |= data.get("extra", {})
    index_of(state).swept = False


def _context_set(state: RunState, data: Data, at: datetime) -> None:
    state.context |= data["values"]


def _limit_raised(state: RunState, data: Data, at: datetime) -> None:
    """What a step was granted stands in its own state."""
    if data["scope"] == "run":
        state.extra = state.extra | {"granted": data["granted"]}


def _nothing(state: RunState, data: Data, at: datetime) -> None:
    """A fact for people to read."""


# Facts about a step run


def _started(step: StepRun, data: Data, at: datetime) -> None:
    step.phase = Phase.RUNNING
    step.attempt = data["attempt"]
    step.input = data["input"]
    step.started_at = step.started_at or at
    step.ended_at = step.error = None
    _keep(step, data)


def _waiting(step: StepRun, data: Data, at: datetime) -> None:
    step.phase = Phase.WAITING
    _keep(step, data)


def _asked(step: StepRun, data: Data, at: datetime) -> None:
    step.phase = Phase.WAITING
    step.error = data.get("error")
    step.served_by = data.get("served_by") or step.served_by
    _keep(step, data)


def _answered(step: StepRun, data: Data, at: datetime) -> None:
    step.phase = Phase.RUNNING
    step.error = None
    _keep(step, data)


def _retrying(step: StepRun, data: Data, at: datetime) -> None:
    step.phase = Phase.RETRYING
    step.attempt = data["attempt"]
    step.error = data["error"]
    step.served_by = data.get("served_by") or step.served_by
    _keep(step, data)


def _succeeded(step: StepRun, data: Data, at: datetime) -> None:
    step.phase = Phase.SUCCEEDED
    step.output = data["output"]
    step.port = data["port"]
    step.error = data.get("error")
    _end(step, data, at)


def _failed(step: StepRun, data: Data, at: datetime) -> None:
    step.phase = Phase.FAILED
    step.error = data["error"]
    step.port = data["port"]
    step.output = data.get("output")
    _end(step, data, at)


def _skipped(step: StepRun, data: Data, at: datetime) -> None:
    step.phase = Phase.SKIPPED
    step.output = None
    _end(step, data, at)


def _cancelled(step: StepRun, data: Data, at: datetime) -> None:
    step.phase = Phase.CANCELLED
    _end(step, data, at)


def _revived(step: StepRun, data: Data, at: datetime) -> None:
    """A container goes on with what is in it; any other step is to be started once more."""
    step.phase = Phase.RUNNING if step.kind in SCOPE_KINDS else Phase.PENDING
    step.port = ""
    step.error = step.ended_at = None
    _keep(step, data)


def _unasked(step: StepRun, data: Data, at: datetime) -> None:
    _keep(step, data)


def _sla_breached(step: StepRun, data: Data, at: datetime) -> None:
    _keep(step, data)


def _taken(step: StepRun, data: Data, at: datetime) -> None:
    """A result of the run that this one forks; what it consumed was counted there."""
    step.phase = Phase(data["phase"])
    for name in ("attempt", "port", "input", "output", "error", "feedback"):
        setattr(step, name, data[name])
    step.state = dict(data["state"])
    step.started_at = step.ended_at = at


def _iteration_started(step: StepRun, data: Data, at: datetime) -> None:
    step.phase = Phase.RUNNING
    step.attempt = 1
    step.input = {key: data[key] for key in ("index", "item") if key in data}
    step.started_at = at


def _iteration_ended(step: StepRun, data: Data, at: datetime) -> None:
    step.phase = Phase.FAILED if data["error"] else Phase.SUCCEEDED
    step.output = data["output"]
    step.error = data["error"]
    step.port = "skipped" if data["error"] else "done"
    _end(step, data, at)


def _end(step: StepRun, data: Data, at: datetime) -> None:
    step.ended_at = at
    step.due_at = None
    step.state = {key: value for key, value in step.state.items() if key != "timers"} | data.get("state", {})
    step.served_by = data.get("served_by") or step.served_by


def _keep(step: StepRun, data: Data) -> None:
    """Take over what the step remembers; its earliest timer becomes `due_at`."""
    step.state = dict(data["state"])
    timers = step.state.get("timers", {}).values()
    step.due_at = min((datetime.fromisoformat(one) for one in timers), default=None)


def _reopen(state: RunState, event: Event) -> None:
    """A new round takes the place of the old one, which stays in the history."""
    old, data = state.steps[event.path], event.data
    index = index_of(state)
    index.leave(old)
    _close_inside(state, old)
    index.close(old)
    step = StepRun(old.path, old.step_id, old.kind, old.scope, data["round"])
    step.feedback = data["feedback"]
    step.output = old.output  # readers on other branches have the earlier round's until this one ends
    step.attempt = data.get("attempt", 0)
    step.state = dict(data.get("state", {}))
    state.steps[old.path] = step
    index.enter(step)
    index.touch(step)


def _count(state: RunState, event: Event) -> None:
    """The step run may have left the state, or be in a later round; then only its row is added to."""
    used, round = usage_from_json(event.data["usage"]), event.data["round"]
    state.usage.add(used)
    step = state.steps.get(event.path)
    if step is None or step.round != round:
        index_of(state).came_late(event.path, round, used)
        return
    step.usage.add(used)
    index_of(state).touch(step)


def _close_inside(state: RunState, step: StepRun) -> None:
    """What ran inside a finished pass or loop leaves the state; other containers keep their inside readable."""
    if step.kind in (ITERATION, "loop"):
        _drop_scope(state, step.path)


def _drop_scope(state: RunState, scope: str) -> None:
    index = index_of(state)
    for path in list(index.children.get(scope, ())):
        step = state.steps.pop(path)
        index.leave(step)
        index.close(step)
        _drop_scope(state, path)
    index.forget(scope)


type RunChange = Callable[[RunState, Data, datetime], None]
type StepChange = Callable[[StepRun, Data, datetime], None]

RUN_CHANGES: dict[EventType, RunChange] = {
    EventType.RUN_STARTED: _run_started,
    EventType.RUN_WAITING: _run_moved(RunStatus.WAITING),
    EventType.RUN_RUNNING: _run_moved(RunStatus.RUNNING),
    EventType.RUN_PAUSED: _run_moved(RunStatus.PAUSED),
    EventType.RUN_RESUMED: _run_moved(RunStatus.RUNNING),
    EventType.RUN_COMPLETED: _run_ended(RunStatus.COMPLETED),
    EventType.RUN_FAILED: _run_ended(RunStatus.FAILED),
    EventType.RUN_TIMED_OUT: _run_ended(RunStatus.TIMED_OUT),
    EventType.RUN_CANCELLED: _run_ended(RunStatus.CANCELLED),
    EventType.RUN_REVIVED: _run_revived,
    EventType.CONTEXT_SET: _context_set,
    EventType.HANDOFF_MADE: _nothing,
    EventType.GUARDRAIL_BREACHED: _nothing,
    EventType.CHILD_STARTED: _nothing,
    EventType.GUARDRAIL_RAISED: _limit_raised,
}
"""Facts that concern the run as a whole."""

STEP_MAKERS: dict[EventType, StepChange] = {
    EventType.STEP_STARTED: _started,
    EventType.STEP_SKIPPED: _skipped,
    EventType.STEP_TAKEN: _taken,
    EventType.ITERATION_STARTED: _iteration_started,
}
"""Facts with which a step run may begin to exist."""

STEP_CHANGES: dict[EventType, StepChange] = {
    EventType.STEP_WAITING: _waiting,
    EventType.STEP_ASKED: _asked,
    EventType.STEP_ANSWERED: _answered,
    EventType.ASK_WITHDRAWN: _unasked,
    EventType.STEP_RETRYING: _retrying,
    EventType.STEP_SUCCEEDED: _succeeded,
    EventType.STEP_FAILED: _failed,
    EventType.STEP_CANCELLED: _cancelled,
    EventType.STEP_REVIVED: _revived,
    EventType.SLA_BREACHED: _sla_breached,
    EventType.ITERATION_ENDED: _iteration_ended,
}
"""Facts about one step run that exists."""
