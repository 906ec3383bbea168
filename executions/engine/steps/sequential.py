"""A container: its steps run one after the other, in the order of the document unless edges say otherwise."""

from typing import Any

from executions.engine.address import container_of, join_path
from executions.engine.state import Phase, StepRun
from executions.engine.steps.kind import Inside, Kind, Outcome
from executions.engine.turn import Turn
from workflows.expressions import Scope
from workflows.schema import SequentialStep


def prepare(step: SequentialStep, scope: Scope) -> dict[str, Any]:
    """Nothing."""
    return {}


def begin(turn: Turn, run: StepRun) -> Outcome:
    """Go inside."""
    return Inside()


def result(turn: Turn, run: StepRun) -> Any:
    """The output of its last step."""
    return last_output(turn, run.path)


def last_output(turn: Turn, scope: str) -> Any:
    """The output of the last step of a scope that succeeded with nothing after it."""
    leaves = turn.plan.leaves[container_of(turn.state, scope)]
    runs = (turn.state.steps.get(join_path(scope, leaf)) for leaf in reversed(leaves))
    return next((run.output for run in runs if run is not None and run.phase is Phase.SUCCEEDED), None)


KIND = Kind(prepare, begin)
