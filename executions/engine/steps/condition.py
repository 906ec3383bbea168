"""The first branch that holds is taken."""

from typing import Any

from executions.engine.scope import reading_scope
from executions.engine.state import StepRun
from executions.engine.steps.kind import Done, Kind, Outcome
from executions.engine.turn import Turn
from workflows.conditions import holds
from workflows.expressions import Scope
from workflows.schema import ConditionStep

OTHERWISE = "else"


def prepare(step: ConditionStep, scope: Scope) -> dict[str, Any]:
    """Nothing: the branches look up what they compare."""
    return {}


def begin(turn: Turn, run: StepRun) -> Outcome:
    """Decide at once."""
    step = turn.step_as(run, ConditionStep)
    scope = reading_scope(turn.plan, turn.state, run.scope, run.step_id)
    port = next((branch.port for branch in step.config.branches if holds(branch.when, scope)), OTHERWISE)
    return Done({"port": port}, port)


KIND = Kind(prepare, begin)
