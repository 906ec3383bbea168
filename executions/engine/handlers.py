"""What each command does to a run, and when it is refused.

| command | allowed when |
| --- | --- |
| Start, Fork | queued |
| Succeeded, Failed | that attempt of that round runs |
| Asked | that attempt of that round runs |
| Answered | that round asks just this |
| Used | the run has begun, ended or not |
| Decided, Submitted, ChildEnded | that round waits for it |
| Received | some step waits for that event |
| Due | always; nothing happens in a queued or paused run |
| Pause | running or waiting |
| Resume | paused |
| Cancel | not ended |
| RetryFailed | failed, cancelled or timed out |
"""

from collections.abc import Callable
from typing import Any

from executions.engine import asking, fork, run_end, timing
from executions.engine import commands as cmd
from executions.engine.checks import limit_problem, with_its_limit
from executions.engine.codec import step_from_json, step_to_json, usage_to_json
from executions.engine.commands import Rejection
from executions.engine.ending import fail, give_up, give_up_run, repair, succeed
from executions.engine.events import EventType
from executions.engine.outcomes import act
from executions.engine.problems import Problem
from executions.engine.reviving import revivable, revive_inside
from executions.engine.state import ENDED_RUNS, WORK_KINDS, Phase, RunStatus, StepRun
from executions.engine.steps import approval, input, workflow
from executions.engine.steps.kind import Done
from executions.engine.turn import Turn

RETRIABLE = ENDED_RUNS - {RunStatus.COMPLETED}


def handle(turn: Turn, command: cmd.Command) -> Rejection | None:
    """Do what a command says, or refuse it before anything has changed."""
    refusal = _refusal(turn, command)
    return refusal or HANDLERS[type(command)](turn, command)


def _refusal(turn: Turn, command: cmd.Command) -> Rejection | None:
    status = turn.state.status
    if status in ENDED_RUNS and not isinstance(command, cmd.RetryFailed | cmd.Used):
        return Rejection("ended", f"The run has already ended: it is {_words(status)}.")
    if status is RunStatus.QUEUED and not isinstance(command, cmd.Start | cmd.Fork | cmd.Due | cmd.Cancel):
        return Rejection("not_allowed", "The run has not begun yet.")
    return None


# The run


def _start(turn: Turn, command: cmd.Start) -> Rejection | None:
    asked = {"pinned": command.pinned, "only": list(command.only), "edited": command.edited}
    extra = {name: value for name, value in asked.items() if value}
    return _begin_run(turn, command.inputs, command.context, None, extra)


def _fork(turn: Turn, command: cmd.Fork) -> Rejection | None:
    path = fork.levels(turn.plan, command.path)
    if path is None:
        return Rejection("not_allowed", f"The workflow has no step at “{command.path}”.")
    edited: Any = command.edited
    if not isinstance(edited, dict | None):
        return Rejection("not_allowed", "The edited input must be an object with the fields to change.")
    extra = {"edited": {command.path: edited}} if edited else {}
    refusal = _begin_run(turn, command.inputs, command.context, command.path, extra)
    if refusal is None:
        for row in fork.taken_over(turn.plan, path, command.taken):
            _take(turn, row)
    return refusal


def _take(turn: Turn, row: dict[str, Any]) -> None:
    facts = step_to_json(step_from_json(row | {"phase": row.get("phase", row.get("status"))}))
    for name in ("path", "usage", "due_at", "started_at", "ended_at", "served_by"):
        facts.pop(name)
    turn.emit(EventType.STEP_TAKEN, row["path"], **facts)


def _begin_run(
    turn: Turn, inputs: dict[str, Any], context: dict[str, Any], path: str | None, extra: dict[str, Any]
) -> Rejection | None:
    if turn.state.status is not RunStatus.QUEUED:
        return Rejection("not_allowed", "The run has already begun.")
    extra = extra | _deadline(turn) | _promise(turn)
    turn.emit(EventType.RUN_STARTED, inputs=inputs, context=context, fork=path, extra=extra)
    return None


def _deadline(turn: Turn) -> dict[str, Any]:
    allowed = turn.plan.definition.guardrails.max_wall_s
    return {} if allowed is None else {"deadline": turn.moment(allowed)}


def _promise(turn: Turn) -> dict[str, Any]:
    sla = turn.plan.definition.sla
    return {} if sla is None else {"sla": turn.moment(sla.target_s)}


def _cancel(turn: Turn, command: cmd.Cancel) -> Rejection | None:
    run_end.cancel(turn, command.reason)
    return None


def _pause(turn: Turn, command: cmd.Pause) -> Rejection | None:
    if turn.state.status is RunStatus.PAUSED:
        return Rejection("not_allowed", "The run is already paused.")
    turn.emit(EventType.RUN_PAUSED)
    return None


def _resume(turn: Turn, command: cmd.Resume) -> Rejection | None:
    if turn.state.status is not RunStatus.PAUSED:
        return _expected("paused", turn)
    turn.emit(EventType.RUN_RESUMED)
    turn.index.swept = False
    return None


def _retry_failed(turn: Turn, command: cmd.RetryFailed) -> Rejection | None:
    if turn.state.status not in RETRIABLE or turn.state.started_at is None:
        return _expected("failed, cancelled or timed out after it began", turn)
    paths = sorted(run.path for run in revivable(turn, ""))
    turn.emit(EventType.RUN_REVIVED, paths=paths, extra=_deadline(turn))
    revive_inside(turn, "")
    return None


def _due(turn: Turn, command: cmd.Due) -> Rejection | None:
    if turn.may_start and turn.state.status is not RunStatus.QUEUED:
        timing.fire_all(turn)
    return None


# Results and answers


def _succeeded(turn: Turn, command: cmd.Succeeded) -> Rejection | None:
    run = _working(turn, command)
    if isinstance(run, Rejection):
        return run
    succeed(turn, run, Done(command.output, command.port), command.usage, command.served_by)
    return None


def _failed(turn: Turn, command: cmd.Failed) -> Rejection | None:
    run = _working(turn, command)
    if isinstance(run, Rejection):
        return run
    problem = Problem(
        command.code, command.message, run.path, command.retryable, command.usage, command.served_by
    )
    passed = limit_problem(turn, run, command.usage, command.served_by)
    fail(turn, run, passed or with_its_limit(turn, run, problem))
    return None


def _asked(turn: Turn, command: cmd.Asked) -> Rejection | None:
    run = _working(turn, command)
    if isinstance(run, Rejection):
        return run
    if command.about not in asking.KINDS:
        return Rejection("not_allowed", f"“{command.about}” is nothing that a step may ask.")
    asking.in_work(turn, run, command)
    return None


def _answered(turn: Turn, command: cmd.Answered) -> Rejection | None:
    run = turn.state.steps.get(command.path)
    if run is None or run.round != command.round or asking.question_of(run) != command.question:
        return _stale(command.path, "it does not ask that any more")
    raised = run.state["asking"].get("limit", {})
    _go_on(turn, run, asking.answer(turn, run, command))
    if raised.get("scope") == "run" and command.is_yes:
        for other in asking.waiting_for_more(turn, raised["limit"]):
            _go_on(turn, other, asking.release(turn, other))
    return None


def _go_on(turn: Turn, run: StepRun, consequence: asking.Consequence) -> None:
    match consequence:
        case asking.Resume():
            pass
        case asking.Finish(output=output, port=port):
            succeed(turn, run, Done(output, port))
        case asking.Again(error=error, edited=edited):
            repair(turn, run, error, edited)
        case asking.Fall(problem=problem):
            fail(turn, run, problem)
        case asking.GiveUp(problem=problem, run=whole):
            (give_up_run if whole else give_up)(turn, run, problem)


def _used(turn: Turn, command: cmd.Used) -> Rejection | None:
    facts = {"round": command.round, "usage": usage_to_json(command.usage)}
    turn.emit(EventType.USAGE_COUNTED, command.path, **facts)
    return None


def _decided(turn: Turn, command: cmd.Decided) -> Rejection | None:
    run = _waiting(turn, command.path, command.round, "approval")
    if isinstance(run, Rejection):
        return run
    if command.status not in approval.STATUSES:
        return Rejection("not_allowed", f"“{command.status}” is not a decision.")
    act(turn, run, approval.answer(turn, run, command))
    return None


def _submitted(turn: Turn, command: cmd.Submitted) -> Rejection | None:
    run = _waiting(turn, command.path, command.round, "input")
    if isinstance(run, Rejection):
        return run
    if command.status not in input.STATUSES:
        return Rejection("not_allowed", f"“{command.status}” is not an answer to a form.")
    act(turn, run, input.answer(turn, run, command))
    return None


def _child_ended(turn: Turn, command: cmd.ChildEnded) -> Rejection | None:
    run = _waiting(turn, command.path, command.round, "workflow")
    if isinstance(run, Rejection):
        return run
    act(turn, run, workflow.answer(turn, run, command), command.usage)
    return None


def _received(turn: Turn, command: cmd.Received) -> Rejection | None:
    paths = [path for path in turn.index.active if _listens(turn.state.steps[path], command.event)]
    if not paths:
        return Rejection("not_waiting", f"No step waits for the event “{command.event}”.")
    for path in paths:
        run = turn.state.steps.get(path)
        if run is not None and run.phase is Phase.WAITING:
            act(turn, run, Done(command.payload))
    return None


def _listens(run: StepRun, event: str) -> bool:
    listens = run.phase is Phase.WAITING and run.kind == "wait" and run.state.get("event") == event
    return listens and not asking.question_of(run)


def _working(turn: Turn, command: cmd.Succeeded | cmd.Failed | cmd.Asked) -> StepRun | Rejection:
    run = turn.state.steps.get(command.path)
    if run is None or run.kind not in WORK_KINDS or run.phase is not Phase.RUNNING:
        return _stale(command.path, "it does not run any more")
    if (run.round, run.attempt) != (command.round, command.attempt):
        now, late = (run.round, run.attempt), (command.round, command.attempt)
        return _stale(command.path, f"it is at round and attempt {now}, and this is from {late}")
    return run


def _waiting(turn: Turn, path: str, round: int, kind: str) -> StepRun | Rejection:
    run = turn.state.steps.get(path)
    if run is None or run.kind != kind or run.phase is not Phase.WAITING or asking.question_of(run):
        return _stale(path, "it does not wait any more")
    if run.round != round:
        return _stale(path, f"it is at round {run.round}, and this is from round {round}")
    return run


def _stale(path: str, why: str) -> Rejection:
    return Rejection("stale", f"This comes too late for “{path}”: {why}.")


def _expected(wanted: str, turn: Turn) -> Rejection:
    return Rejection("not_allowed", f"The run must be {wanted}, but it is {_words(turn.state.status)}.")


def _words(status: RunStatus) -> str:
    return status.replace("_", " ")


HANDLERS: dict[type, Callable[..., Rejection | None]] = {
    cmd.Start: _start,
    cmd.Fork: _fork,
    cmd.Succeeded: _succeeded,
    cmd.Failed: _failed,
    cmd.Asked: _asked,
    cmd.Answered: _answered,
    cmd.Used: _used,
    cmd.Due: _due,
    cmd.Decided: _decided,
    cmd.Submitted: _submitted,
    cmd.Received: _received,
    cmd.ChildEnded: _child_ended,
    cmd.Cancel: _cancel,
    cmd.Pause: _pause,
    cmd.Resume: _resume,
    cmd.RetryFailed: _retry_failed,
}
