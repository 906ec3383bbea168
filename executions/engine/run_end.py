"""How a run ends.

| end | because |
| --- | --- |
| completed | every step at the top has ended |
| failed | a step failed and no policy caught it; or a limit of the run was passed |
| timed_out | the run's wall time is over |
| cancelled | somebody said so |
"""

from typing import Any

from convergio.errors import InvalidInput
from executions.engine.events import EventType
from executions.engine.guardrails import breach
from executions.engine.scope import reading_scope
from executions.engine.state import Phase
from executions.engine.stopping import cancel_inside
from executions.engine.turn import Turn
from workflows.expressions import MissingVariable, Variable, resolve, variables_in


def complete(turn: Turn) -> None:
    """Every step has ended: gather the outputs."""
    try:
        outputs = _outputs(turn)
    except InvalidInput as fault:
        fail(turn, {"code": fault.code, "message": fault.sentence, "step": ""})
        return
    turn.emit(EventType.RUN_COMPLETED, outputs=outputs)


def fail(turn: Turn, error: dict[str, Any]) -> None:
    """Stop what still runs; the run has failed."""
    cancel_inside(turn, "", "the run failed")
    turn.emit(EventType.RUN_FAILED, error=error)


def cancel(turn: Turn, reason: str) -> None:
    """Somebody stops the run."""
    cancel_inside(turn, "", "the run was cancelled")
    turn.emit(EventType.RUN_CANCELLED, reason=reason)


def time_out(turn: Turn) -> None:
    """The run's wall time is over."""
    allowed = turn.plan.definition.guardrails.max_wall_s
    cancel_inside(turn, "", "the run is out of time")
    message = f"The run took longer than the {allowed:g} seconds it is allowed."
    turn.emit(EventType.RUN_TIMED_OUT, error={"code": "guardrail_max_wall_s", "message": message, "step": ""})


def check_limits(turn: Turn) -> None:
    """Fail the run when it has consumed more than it may; where a breach asks, the steps at work do so."""
    rules = turn.plan.definition.guardrails
    passed = None if rules.on_breach == "ask" else breach(rules, turn.state.usage, {})
    if passed is None or not turn.is_open:
        return
    turn.emit(EventType.GUARDRAIL_BREACHED, limit=passed.limit, value=passed.value, allowed=passed.allowed)
    fail(turn, {"code": passed.code, "message": passed.sentence("The run"), "step": ""})


def _outputs(turn: Turn) -> dict[str, Any]:
    wanted = turn.plan.definition.outputs
    if wanted:
        return {name: _output(turn, template) for name, template in wanted.items()}
    last = (turn.state.steps[leaf] for leaf in turn.plan.leaves[None] if leaf in turn.state.steps)
    return {run.step_id: run.output for run in last if run.phase is Phase.SUCCEEDED}


def _output(turn: Turn, template: Any) -> Any:
    """A declared output; None when it speaks of a step that did not succeed, or of what none has set (a branch that
    was not taken).
    """
    try:
        return resolve(template, reading_scope(turn.plan, turn.state, ""))
    except MissingVariable:
        if any(_was_not_taken(turn, one) for one in variables_in(template)):
            return None
        raise


def _was_not_taken(turn: Turn, variable: Variable) -> bool:
    name = variable.name or ""
    if variable.root == "context":
        return name not in turn.state.context and any(
            name in step.set_context for step in turn.plan.steps.values()
        )
    run = turn.state.steps.get(name)
    return variable.root == "steps" and (run is None or run.phase is not Phase.SUCCEEDED)
