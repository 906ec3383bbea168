"""What is checked when a step's output arrives."""

from typing import Any

from convergio.json_schemas import value_faults
from executions.engine.events import EventType
from executions.engine.guardrails import breach
from executions.engine.problems import Problem
from executions.engine.scope import reading_scope
from executions.engine.state import StepRun, Usage
from executions.engine.steps.kind import Done
from executions.engine.turn import Turn
from workflows.expressions import resolve


def output_problem(turn: Turn, run: StepRun, done: Done, usage: Usage, served_by: str) -> Problem | None:
    """A limit of the step that was passed, or a declared output schema that does not hold."""
    return limit_problem(turn, run, usage, served_by) or _schema_problem(turn, run, done, usage, served_by)


def limit_problem(turn: Turn, run: StepRun, usage: Usage, served_by: str) -> Problem | None:
    """A limit that the step has passed with this usage, recorded as an event."""
    step, used = turn.step_of(run), Usage()
    used.add(run.usage)
    used.add(usage)
    passed = breach(step.guardrails, used)
    if passed is None:
        return None
    facts = {"limit": passed.limit, "value": passed.value, "allowed": passed.allowed}
    turn.emit(EventType.GUARDRAIL_BREACHED, run.path, **facts)
    sentence = passed.sentence(f"“{step.title}”")
    return Problem(passed.code, sentence, run.path, usage=usage, served_by=served_by)


def context_values(turn: Turn, run: StepRun, output: Any) -> dict[str, Any]:
    """What the step puts into the run's context. Raises InvalidInput."""
    step = turn.step_of(run)
    if not step.set_context:
        return {}
    scope = reading_scope(turn.plan, turn.state, run.scope, run.step_id, own_output=output)
    values: dict[str, Any] = resolve(step.set_context, scope)
    return values


def _schema_problem(turn: Turn, run: StepRun, done: Done, usage: Usage, served_by: str) -> Problem | None:
    step = turn.step_of(run)
    faults = value_faults(done.output, step.output_schema, most=1) if step.output_schema else []
    if not faults:
        return None
    where = faults[0]["location"] or "its top"
    sentence = f"The output of “{step.title}” is not as declared: at {where}, {faults[0]['message']}."
    return Problem("invalid_output", sentence, run.path, True, usage, served_by)
