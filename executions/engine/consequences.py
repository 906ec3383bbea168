"""What must be done in the world: after a transition, and once more for a run that was just claimed."""

from collections.abc import Iterable

from executions.engine import asking
from executions.engine.effects import Effect, TellParent, WithdrawRequest
from executions.engine.events import Event, EventType
from executions.engine.plan import Plan
from executions.engine.state import ENDED_RUNS, Phase, RunState, StepRun
from executions.engine.steps import KINDS

RUN_ENDS = frozenset(
    {EventType.RUN_COMPLETED, EventType.RUN_FAILED, EventType.RUN_TIMED_OUT, EventType.RUN_CANCELLED}
)
_ON = frozenset({Phase.RUNNING, Phase.WAITING})


def effects(plan: Plan, state: RunState, events: Iterable[Event]) -> list[Effect]:
    """What these facts ask for, in their order. `state` is the run after them."""
    found = (effect for event in events for effect in _effects(plan, state, event))
    return [effect for effect in found if effect is not None]


def pending_effects(plan: Plan, state: RunState) -> list[Effect]:
    """What is to be done (perhaps again) for a run that somebody else had in hand: all of it is harmless twice."""
    found = [_lasting_effect(run) for run in state.steps.values()]
    ended = [TellParent()] if state.status in ENDED_RUNS else []
    return [effect for effect in (*found, *ended) if effect is not None]


def _effects(plan: Plan, state: RunState, event: Event) -> tuple[Effect | None, ...]:
    """A step that was stopped and asks is first stopped."""
    if event.type is EventType.STEP_ASKED:
        stopped = _withdrawal(plan, state, event) if event.data.get("stopped") else None
        return stopped, _request(state.steps.get(event.path), event)
    return (_effect(plan, state, event),)


def _effect(plan: Plan, state: RunState, event: Event) -> Effect | None:
    if event.type is EventType.ASK_WITHDRAWN:
        return WithdrawRequest(event.path, event.data["round"], event.data["question"])
    if event.type is EventType.STEP_STARTED or event.type is EventType.STEP_ANSWERED:
        return _start_effect(state.steps.get(event.path), event)
    if event.type is EventType.STEP_CANCELLED or event.data.get("stopped"):
        return _withdrawal(plan, state, event)
    grown = event.type is EventType.USAGE_COUNTED and state.status in ENDED_RUNS
    return TellParent() if grown or event.type in RUN_ENDS else None


def _request(run: StepRun | None, event: Event) -> Effect | None:
    """What a step asks, unless it has moved on within the same transition."""
    asked = event.data["state"]["asking"]["question"]
    if run is None or run.round != event.data["round"] or asking.question_of(run) != asked:
        return None
    return asking.effect(run)


def _start_effect(run: StepRun | None, event: Event) -> Effect | None:
    """What begins with a step, unless it has moved on within the same transition."""
    if run is None or (run.round, run.attempt) != (event.data["round"], event.data["attempt"]):
        return None
    return _active_effect(run) if run.phase in _ON else None


def _lasting_effect(run: StepRun) -> Effect | None:
    """What a step run as it stands asks for."""
    if run.phase in _ON:
        return _active_effect(run)
    stopped = run.phase in (Phase.CANCELLED, Phase.FAILED) and run.kind in KINDS
    return KINDS[run.kind].withdraw(run.path, run.round) if stopped else None


def _active_effect(run: StepRun) -> Effect | None:
    if run.phase is Phase.WAITING and "asking" in run.state:
        return asking.effect(run)
    kind = KINDS.get(run.kind)
    return kind.effect(run) if kind else None


def _withdrawal(plan: Plan, state: RunState, event: Event) -> Effect | None:
    """What ends with a step that stops early; a pass of a loop has nothing in the world."""
    step = plan.steps.get(event.path.rsplit(".", 1)[-1])
    return KINDS[step.type].withdraw(event.path, event.data["round"]) if step else None
