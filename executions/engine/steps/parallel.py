"""A container: its steps start at once; it ends when all, any or the first n of its branches have ended.

A branch is a step with nothing after it. What still runs at an early end is cancelled.
"""

from typing import Any

from executions.engine.address import join_path
from executions.engine.state import Phase, StepRun
from executions.engine.steps.kind import Inside, Kind, Outcome
from executions.engine.turn import Turn
from workflows.expressions import Scope
from workflows.schema import FirstJoin, ParallelStep


def prepare(step: ParallelStep, scope: Scope) -> dict[str, Any]:
    """Nothing."""
    return {}


def begin(turn: Turn, run: StepRun) -> Outcome:
    """Go inside."""
    return Inside()


def has_enough(turn: Turn, run: StepRun) -> bool:
    """Whether it may end before all its steps have."""
    step = turn.step_as(run, ParallelStep)
    wanted = step.config.wait_for
    if wanted == "all":
        return False
    count = wanted.first if isinstance(wanted, FirstJoin) else 1
    branches = (turn.state.steps.get(join_path(run.path, leaf)) for leaf in turn.plan.leaves[run.step_id])
    return sum(1 for one in branches if one is not None and one.phase is Phase.SUCCEEDED) >= count


def wants_more(turn: Turn, run: StepRun) -> bool:
    """Whether another of its steps may run, and is needed."""
    most = bound(turn, run)
    return (most is None or turn.index.working[run.path] < most) and not has_enough(turn, run)


def bound(turn: Turn, run: StepRun) -> int | None:
    """How many of its steps may run at once; None for all."""
    return turn.step_as(run, ParallelStep).config.concurrency


def result(turn: Turn, run: StepRun) -> Any:
    """The outputs of its branches by step id; None for one that gave none."""
    branches = {
        leaf: turn.state.steps.get(join_path(run.path, leaf)) for leaf in turn.plan.leaves[run.step_id]
    }
    return {leaf: one.output if one else None for leaf, one in branches.items()}


KIND = Kind(prepare, begin)
