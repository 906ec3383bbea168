"""What the variables and conditions of a step may see, looked up when asked for."""

from typing import Any

from executions.engine.address import find, scopes_around
from executions.engine.plan import Plan
from executions.engine.state import ITERATION, Phase, RunState, StepRun
from workflows.expressions import ABSENT, Scope

NOT_GIVEN: Any = object()
_SPEAKING = frozenset({Phase.SUCCEEDED, Phase.SKIPPED, Phase.CANCELLED})


def reading_scope(
    plan: Plan, state: RunState, scope: str, step_id: str = "", *, own_output: Any = NOT_GIVEN
) -> Scope:
    """The variables of a reader in `scope`; `own_output` stands for the output that the reader is about to have."""

    def outputs(wanted: str) -> Any:
        if wanted == step_id and own_output is not NOT_GIVEN:
            return own_output
        return output_of(find(plan, state, scope, wanted))

    iteration = _iteration_around(state, scope)
    return Scope(
        inputs=state.inputs,
        outputs=outputs,
        context=state.context,
        item=_item(iteration),
        loop=_loop(iteration),
        fields=plan.definition.inputs,
        step=step_id,
    )


def output_of(run: StepRun | None) -> Any:
    """A step's output as others see it: None when it was skipped. Raises KeyError when there is none yet.

    A step that is being revised still shows the output of its earlier round.
    """
    if run is None or (run.output is None and run.phase not in _SPEAKING):
        raise KeyError
    return run.output


def loop_facts(index: int) -> dict[str, Any]:
    """What `loop` is in a pass."""
    return {"index": index, "number": index + 1}


def _iteration_around(state: RunState, scope: str) -> StepRun | None:
    owners = (state.steps[near] for near in scopes_around(state, scope) if near)
    return next((owner for owner in owners if owner.kind == ITERATION), None)


def _item(iteration: StepRun | None) -> Any:
    return ABSENT if iteration is None else iteration.input.get("item", ABSENT)


def _loop(iteration: StepRun | None) -> dict[str, Any] | None:
    return None if iteration is None else loop_facts(iteration.input["index"])
