"""How a step run ends, well or badly, and what is to be looked at then."""

from dataclasses import replace
from typing import Any

from convergio.errors import InvalidInput
from executions.engine import asking, run_end, timers
from executions.engine.address import owner_of
from executions.engine.checks import context_values, output_problem
from executions.engine.codec import usage_to_json
from executions.engine.events import EventType
from executions.engine.joins import is_live
from executions.engine.problems import AskAnother, AskPerson, GoOn, Problem, TakePort, TryAgain, answer_to
from executions.engine.state import ITERATION, SCOPE_KINDS, StepRun, Usage
from executions.engine.steps import parallel
from executions.engine.steps.kind import Done
from executions.engine.steps.loop import config_step, highest_round
from executions.engine.stopping import cancel_inside
from executions.engine.turn import Turn
from workflows.schema import AgentStep

FRESH_KINDS = frozenset({"approval", "input", "workflow"})
"""Steps whose work outside is known by path and round, so that another try needs another round."""


def succeed(turn: Turn, run: StepRun, done: Done, usage: Usage | None = None, served_by: str = "") -> None:
    """A step ended well, unless its output or what it consumed says otherwise."""
    used = usage or Usage()
    problem = output_problem(turn, run, done, used, served_by)
    if problem is not None:
        fail(turn, run, problem)
        return
    try:
        values = context_values(turn, run, done.output)
    except InvalidInput as fault:
        fail(turn, run, problem_of(fault, run.path, used, served_by))
        return
    _record_success(turn, run, done, usage=usage_to_json(used), served_by=served_by)
    if values:
        turn.emit(EventType.CONTEXT_SET, run.path, values=values)
    _record_handoff(turn, run)
    follow(turn, run)


def fail(turn: Turn, run: StepRun, problem: Problem) -> None:
    """A step ended badly: what its policies say happens, or what lies around it fails as well."""
    asking.withdraw(turn, run)
    if problem.limit is not None:
        asking.about_limit(turn, run, problem)
        return
    if run.kind in SCOPE_KINDS:
        cancel_inside(turn, run.path, f"{run.path} failed")
    if run.kind == ITERATION:
        _fail_pass(turn, run, problem)
        return
    match answer_to(turn, run, problem):
        case TryAgain(delay_s=delay_s):
            _try_again(turn, run, problem, timers.retrying(turn, run, delay_s))
        case AskAnother(agent=agent):
            _try_again(turn, run, problem, timers.retrying(turn, run, 0) | {"fallback": agent})
        case GoOn(output=output, port=port):
            _record_success(turn, run, Done(output, port), **problem.facts)
            follow(turn, run)
        case TakePort():
            _record_failure(turn, run, problem, port="error", output={"error": problem.error})
            follow(turn, run)
        case AskPerson(policy=policy):
            asking.about_failure(turn, run, policy, problem)
        case None:
            give_up(turn, run, problem)


def finish_pass(turn: Turn, iteration: StepRun, state: dict[str, Any], **facts: Any) -> None:
    """A pass of a loop is over for good."""
    state = state | _memory(turn, iteration)
    turn.emit(EventType.ITERATION_ENDED, iteration.path, round=iteration.round, state=state, **facts)
    turn.later("refill", iteration.scope)


def follow(turn: Turn, run: StepRun) -> None:
    """Look at what comes after a step that ended, and at what lies around it."""
    for target in dict.fromkeys(edge.target for edge in turn.plan.outgoing[run.step_id]):
        turn.later("consider", run.scope, target)
    turn.later("review", run.scope)
    if is_bounded(turn, run.scope):
        turn.once("release", run.scope)


def is_bounded(turn: Turn, scope: str) -> bool:
    """Whether only so many steps of a scope may run at once."""
    owner = owner_of(turn.state, scope)
    return owner is not None and owner.kind == "parallel" and parallel.bound(turn, owner) is not None


def problem_of(fault: InvalidInput, path: str, usage: Usage | None = None, served_by: str = "") -> Problem:
    """Something in the definition or the data that trying again cannot mend."""
    return Problem(fault.code, fault.sentence, path, usage=usage or Usage(), served_by=served_by)


def _record_success(turn: Turn, run: StepRun, done: Done, **facts: Any) -> None:
    memory = {"state": _memory(turn, run)} if run.kind == "loop" else {}
    given = {"round": run.round, "output": done.output, "port": done.port}
    turn.emit(EventType.STEP_SUCCEEDED, run.path, **given, **facts, **memory)


def _memory(turn: Turn, run: StepRun) -> dict[str, Any]:
    """What must be known of the inside that is about to leave the state: its highest round, when above its own."""
    top = highest_round(turn, run)
    return {"top": top} if top > run.round else {}


def _record_failure(turn: Turn, run: StepRun, problem: Problem, **facts: Any) -> None:
    turn.emit(EventType.STEP_FAILED, run.path, round=run.round, **problem.facts, **facts)


def _record_handoff(turn: Turn, run: StepRun) -> None:
    step = turn.step_of(run)
    if not isinstance(step, AgentStep) or step.config.handoff is None:
        return
    to = [edge.target for edge in turn.plan.outgoing[step.id] if is_live(edge, run)]
    facts = {
        "from": step.id,
        "to": to,
        "keys": list(step.config.handoff.keys),
        "reason": step.config.handoff.reason,
    }
    turn.emit(EventType.HANDOFF_MADE, run.path, **facts)


def _try_again(turn: Turn, run: StepRun, problem: Problem, state: dict[str, Any]) -> None:
    attempt, path, feedback, round, facts = run.attempt, run.path, run.feedback, run.round, problem.facts
    if run.kind in FRESH_KINDS:
        _record_failure(turn, run, problem, port="retry")
        turn.emit(
            EventType.STEP_REOPENED,
            path,
            round=run.round + 1,
            feedback=feedback,
            attempt=attempt,
            state=state,
        )
        round, facts = round + 1, {"error": problem.error, "stopped": False}
    due_at = timers.earliest(state)
    turn.emit(
        EventType.STEP_RETRYING, path, round=round, attempt=attempt, due_at=due_at, state=state, **facts
    )


def repair(turn: Turn, run: StepRun, error: dict[str, Any], edited: dict[str, Any]) -> None:
    """Try a step again because a person said so, with what they changed of its input."""
    state = timers.retrying(turn, run, 0) | {"tries": 0} | ({"edited": edited} if edited else {})
    state.pop("fallback", None)
    _try_again(turn, run, Problem(error["code"], error["message"], error["step"]), state)


def give_up(turn: Turn, run: StepRun, problem: Problem) -> None:
    """A step failed, and nothing saves what lies around it."""
    _record_failure(turn, run, problem, port="")
    _fail_around(turn, run, problem)


def give_up_run(turn: Turn, run: StepRun, problem: Problem) -> None:
    """A step failed, and the whole run with it."""
    _record_failure(turn, run, problem, port="")
    run_end.fail(turn, problem.error)


def _fail_pass(turn: Turn, iteration: StepRun, problem: Problem) -> None:
    if config_step(turn, iteration).config.on_item_error == "skip":
        finish_pass(turn, iteration, output=None, error=problem.error, state={})
        return
    _record_failure(turn, iteration, problem, port="")
    _fail_around(turn, iteration, problem)


def _fail_around(turn: Turn, run: StepRun, problem: Problem) -> None:
    """The problem is now that of the container, or of the run."""
    owner = owner_of(turn.state, run.scope)
    if owner is None:
        run_end.fail(turn, problem.error)
    else:
        fail(turn, owner, replace(problem, usage=Usage(), served_by="", stopped=False))
