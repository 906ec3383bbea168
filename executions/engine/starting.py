"""How a step run begins."""

from typing import Any

from convergio.errors import InvalidInput
from executions.engine import timers
from executions.engine.address import join_path, owner_of
from executions.engine.ending import fail, follow, is_bounded, problem_of, succeed
from executions.engine.events import EventType
from executions.engine.joins import Verdict, judge
from executions.engine.outcomes import begin
from executions.engine.reviving import revive_inside
from executions.engine.scope import reading_scope
from executions.engine.state import ITERATION, SCOPE_KINDS, Phase, StepRun
from executions.engine.steps import KINDS, parallel
from executions.engine.steps.kind import Done
from executions.engine.turn import Turn
from workflows.schema import Step


def is_running(turn: Turn, scope: str) -> bool:
    """Whether things may still happen in a scope."""
    owner = turn.state.steps.get(scope)
    return turn.is_open if not scope else owner is not None and owner.phase is Phase.RUNNING


def consider(turn: Turn, scope: str, step_id: str) -> None:
    """Start or skip a step if its edges say so and it has not begun yet."""
    if not turn.may_start or not is_running(turn, scope) or not _is_unbegun(turn, scope, step_id):
        return
    verdict = judge(turn.plan, turn.state, scope, step_id)
    if verdict is Verdict.SKIP:
        skip(turn, scope, step_id)
    elif verdict is Verdict.START and is_bounded(turn, scope):
        turn.once("release", scope)
    elif verdict is Verdict.START:
        start(turn, scope, step_id)


def release(turn: Turn, scope: str) -> None:
    """Start as many steps as a bounded container has room for, in the order of the document."""
    if not turn.may_start or not is_running(turn, scope):
        return
    owner = turn.state.steps[scope]
    for step_id in turn.plan.children[owner.step_id]:
        if not is_running(turn, scope) or not parallel.wants_more(turn, owner):
            return
        if (
            _is_unbegun(turn, scope, step_id)
            and judge(turn.plan, turn.state, scope, step_id) is Verdict.START
        ):
            start(turn, scope, step_id)


def skip(turn: Turn, scope: str, step_id: str) -> None:
    """A step that no live edge leads to."""
    path, step = join_path(scope, step_id), turn.plan.steps[step_id]
    round = _round(turn, scope, turn.state.steps.get(path))
    turn.emit(EventType.STEP_SKIPPED, path, step_id=step_id, kind=str(step.type), scope=scope, round=round)
    follow(turn, turn.state.steps[path])


def start(turn: Turn, scope: str, step_id: str) -> None:
    """Resolve a step's input and begin it; an input that cannot be resolved is a failed attempt.

    In a trial a step may be left out, or have its output already.
    """
    if (only := turn.state.extra.get("only")) and step_id not in only:
        skip(turn, scope, step_id)
        return
    step, path = turn.plan.steps[step_id], join_path(scope, step_id)
    if (pinned := _pinned(turn, path, step_id)) is not None:
        succeed(turn, _attempt(turn, step, scope, None), Done(pinned["output"], pinned["port"]))
        return
    try:
        given = KINDS[step.type].prepare(step, reading_scope(turn.plan, turn.state, scope, step_id))
    except InvalidInput as fault:
        fail(turn, _attempt(turn, step, scope, None), problem_of(fault, path))
        return
    begin(turn, _attempt(turn, step, scope, _completed(turn, step, scope, given)))


def restart(turn: Turn, path: str) -> None:
    """Another attempt with the same input; a container goes on with what failed in it."""
    run = turn.state.steps[path]
    if run.input is None or run.kind not in _REPEATED:
        start(turn, run.scope, run.step_id)
        return
    agent = run.state.get("fallback")
    given = run.input | _edited(run) | ({"agent": agent, "capability": None} if agent else {})
    _attempt(turn, turn.step_of(run), run.scope, given)
    if run.kind in SCOPE_KINDS:
        revive_inside(turn, run.path)
        turn.later("sweep", run.path)


_REPEATED = SCOPE_KINDS | {"agent", "team", "tool"}
"""What goes on with the input it had; other steps resolve theirs anew."""


def _attempt(turn: Turn, step: Step, scope: str, given: dict[str, Any] | None) -> StepRun:
    path = join_path(scope, step.id)
    known = turn.state.steps.get(path)
    before = {} if known is None else known.state
    state = before | {"tries": before.get("tries", 0) + 1, "timers": timers.starting(turn, step, known)}
    turn.emit(
        EventType.STEP_STARTED,
        path,
        step_id=step.id,
        kind=str(step.type),
        scope=scope,
        round=_round(turn, scope, known),
        attempt=known.attempt + 1 if known else 1,
        input=given,
        feedback=known.feedback if known else None,
        due_at=timers.earliest(state),
        state=state,
    )
    return turn.state.steps[path]


def _pinned(turn: Turn, path: str, step_id: str) -> dict[str, Any] | None:
    """What a step is to give without working; not when a reviewer asked for something else."""
    known = turn.state.steps.get(path)
    if known is not None and known.feedback is not None:
        return None
    pinned: dict[str, Any] | None = turn.state.extra.get("pinned", {}).get(step_id)
    return pinned


def _completed(turn: Turn, step: Step, scope: str, given: dict[str, Any]) -> dict[str, Any]:
    """The resolved input with its round, what a reviewer asked for, and what a fork changed."""
    path = join_path(scope, step.id)
    known = turn.state.steps.get(path)
    if step.type in ("approval", "input"):
        given |= {"round": _round(turn, scope, known)}
    if known is not None and known.feedback is not None:
        given |= {"feedback": known.feedback}
    edited: dict[str, Any] = turn.state.extra.get("edited", {}).get(path, {})
    return given | edited | _edited(known)


def _edited(known: StepRun | None) -> dict[str, Any]:
    """What a person changed of the input when they repaired the step."""
    edited: dict[str, Any] = known.state.get("edited", {}) if known is not None else {}
    return edited


def _round(turn: Turn, scope: str, known: StepRun | None) -> int:
    """The round of a step run: its own, or for a new one that of the pass around it."""
    if known is not None:
        return known.round
    owner = owner_of(turn.state, scope)
    while owner is not None and owner.kind != ITERATION:
        owner = owner_of(turn.state, owner.scope)
    return owner.round if owner else 0


def _is_unbegun(turn: Turn, scope: str, step_id: str) -> bool:
    known = turn.state.steps.get(join_path(scope, step_id))
    return known is None or known.phase is Phase.PENDING
