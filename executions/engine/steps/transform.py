"""Data is reshaped, with no model."""

from dataclasses import replace
from typing import Any

from executions.engine.scope import reading_scope
from executions.engine.state import StepRun
from executions.engine.steps.kind import Broken, Done, Kind, Outcome
from executions.engine.turn import Turn
from workflows.conditions import holds
from workflows.expressions import Scope, kind_of, resolve
from workflows.schema import TransformStep


def prepare(step: TransformStep, scope: Scope) -> dict[str, Any]:
    """The list to go through, when there is one; the value is resolved when it begins."""
    return {} if step.config.source is None else {"source": resolve(step.config.source, scope)}


def begin(turn: Turn, run: StepRun) -> Outcome:
    """Reshape at once. An edited input of a fork may hold the `value` itself."""
    step = turn.step_as(run, TransformStep)
    if "value" in run.input:
        return Done(run.input["value"])
    scope = reading_scope(turn.plan, turn.state, run.scope, run.step_id)
    if "source" not in run.input:
        return Done(resolve(step.config.value, scope))
    source = run.input["source"]
    if not isinstance(source, list):
        return Broken(
            "not_a_list", f"“{step.title}” goes through a list, but its source is {kind_of(source)}."
        )
    return Done(list(_each(step, source, scope)))


def _each(step: TransformStep, source: list[Any], scope: Scope) -> list[Any]:
    config = step.config
    scopes = (
        replace(scope, item=item, loop={"index": index, "number": index + 1})
        for index, item in enumerate(source)
    )
    return [
        resolve(config.value, one) for one in scopes if config.filter is None or holds(config.filter, one)
    ]


KIND = Kind(prepare, begin)
