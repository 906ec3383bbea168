"""Paths: `draft` at the top, `each[3].draft` in a loop's fourth pass, `fan.draft` in a container called fan."""

from collections.abc import Iterator

from executions.engine.plan import Plan
from executions.engine.state import ITERATION, RunState, StepRun
from workflows.schema import StepId


def join_path(scope: str, step_id: str) -> str:
    """The path of a step in a scope."""
    return f"{scope}.{step_id}" if scope else step_id


def iteration_path(loop_path: str, index: int) -> str:
    """The path of one pass of a loop; it is also the scope of what runs in it."""
    return f"{loop_path}[{index}]"


def step_id_in(path: str) -> StepId:
    """The id of the step at the end of a path: of `each[3].draft` it is `draft`, of `each[3]` it is `each`."""
    return path.rpartition(".")[2].partition("[")[0]


def owner_of(state: RunState, scope: str) -> StepRun | None:
    """The container or iteration that a scope belongs to; None for the top."""
    return state.steps[scope] if scope else None


def container_of(state: RunState, scope: str) -> str | None:
    """The id of the container whose steps live in a scope; None for the top."""
    return state.steps[scope].step_id if scope else None


def enclosing(state: RunState, scope: str) -> str:
    """The scope around a scope."""
    owner = state.steps[scope]
    return state.steps[owner.scope].scope if owner.kind == ITERATION else owner.scope


def scopes_around(state: RunState, scope: str) -> Iterator[str]:
    """This scope and all around it, nearest first; the last is ''."""
    while scope:
        yield scope
        scope = enclosing(state, scope)
    yield ""


def find(plan: Plan, state: RunState, scope: str, step_id: str) -> StepRun | None:
    """The newest activation of a step that a reader in `scope` sees, nearest scope first."""
    if step_id not in plan.steps:
        return None
    around = plan.ancestors[step_id]
    for near in scopes_around(state, scope):
        container = container_of(state, near)
        if container is None:
            return _descend(state, near, (*around, step_id))
        if container in around:
            return _descend(state, near, (*around[around.index(container) + 1 :], step_id))
    return None


def _descend(state: RunState, scope: str, ids: tuple[str, ...]) -> StepRun | None:
    """Follow container ids downwards; the inside of a loop cannot be seen from without."""
    run = None
    for step_id in ids:
        run = state.steps.get(join_path(scope, step_id))
        if run is None:
            return None
        scope = run.path
    return run
