"""How scopes begin, go on and end: the run's top, containers, and the passes of loops."""

from convergio.errors import InvalidInput
from executions.engine import run_end
from executions.engine.address import container_of, owner_of
from executions.engine.ending import fail, finish_pass, problem_of, succeed
from executions.engine.starting import is_running
from executions.engine.state import ITERATION, SCOPE_KINDS, StepRun
from executions.engine.steps import loop, parallel, sequential
from executions.engine.steps.kind import Done
from executions.engine.stopping import cancel_inside
from executions.engine.turn import Turn


def sweep(turn: Turn, scope: str) -> None:
    """Look at every step of a scope and of those in it: when it begins, after a pause or a retry, and once after a
    run was loaded.
    """
    if not is_running(turn, scope):
        return
    owner = owner_of(turn.state, scope)
    if owner is not None and owner.kind == "loop":
        turn.later("refill", scope)
    else:
        for step_id in turn.plan.children[container_of(turn.state, scope)]:
            turn.later("consider", scope, step_id)
        turn.later("review", scope)
    for path in list(turn.index.children[scope]):
        if turn.state.steps[path].kind in SCOPE_KINDS:
            turn.later("sweep", path)


def review(turn: Turn, scope: str) -> None:
    """End a scope in which everything has ended, or enough of it."""
    if not is_running(turn, scope):
        return
    owner = owner_of(turn.state, scope)
    total = len(turn.plan.children[container_of(turn.state, scope)])
    if turn.index.ended[scope] == total:
        _close(turn, owner)
    elif owner is not None and owner.kind == "parallel" and parallel.has_enough(turn, owner):
        cancel_inside(turn, scope, "enough branches have ended")
        _close(turn, owner)


def refill(turn: Turn, path: str) -> None:
    """Begin as many passes of a loop as it wants now, or end it."""
    if not turn.may_start or not is_running(turn, path):
        return
    run = turn.state.steps[path]
    try:
        _refill(turn, run)
    except InvalidInput as fault:
        fail(turn, run, problem_of(fault, path))


def _refill(turn: Turn, run: StepRun) -> None:
    while loop.wants_pass(turn, run):
        if turn.is_long:
            turn.index.deferred[run.path] = None
            return
        turn.later("sweep", loop.start_pass(turn, run))
    if loop.is_over(turn, run):
        succeed(turn, run, Done(loop.result(turn, run)))


def _close(turn: Turn, owner: StepRun | None) -> None:
    if owner is None:
        run_end.complete(turn)
    elif owner.kind == ITERATION:
        _end_pass(turn, owner)
    else:
        result = parallel.result if owner.kind == "parallel" else sequential.result
        succeed(turn, owner, Done(result(turn, owner)))


def _end_pass(turn: Turn, iteration: StepRun) -> None:
    try:
        output, again = loop.pass_result(turn, iteration)
    except InvalidInput as fault:
        fail(turn, iteration, problem_of(fault, iteration.path))
        return
    finish_pass(turn, iteration, output=output, error=None, state={"again": True} if again else {})
