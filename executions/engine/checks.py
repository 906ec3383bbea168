"""What is checked when a step's output arrives."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from convergio.json_schemas import value_faults
from executions.engine.events import EventType
from executions.engine.guardrails import COUNTS, FORESEEN, Breach, allowed, breach, left
from executions.engine.problems import Problem, Reached
from executions.engine.scope import reading_scope
from executions.engine.state import WORK_KINDS, StepRun, Usage
from executions.engine.steps.kind import Done
from executions.engine.turn import Turn
from workflows.expressions import resolve
from workflows.schema import Guardrails

SPENDING = WORK_KINDS | {"workflow"}
"""Steps that use up limits; others do not stop because the run has passed one."""


def output_problem(turn: Turn, run: StepRun, done: Done, usage: Usage, served_by: str) -> Problem | None:
    """A limit that was passed, or a declared output schema that does not hold."""
    return limit_problem(turn, run, usage, served_by, done) or _schema_problem(
        turn, run, done, usage, served_by
    )


def limit_problem(
    turn: Turn, run: StepRun, usage: Usage, served_by: str, done: Done | None = None
) -> Problem | None:
    """A limit that was passed with this usage, recorded as an event: of the step, or of the run when that asks.

    Without `done` the step has failed anyway; then nobody is asked, and what the policies say of that counts.
    """
    rules, title = turn.step_of(run).guardrails, f"“{turn.step_of(run).title}”"
    passed = breach(rules, run.usage.plus(usage), run.state.get("granted", {}))
    if passed is not None and (done is not None or rules.on_breach == "stop"):
        return _breached(turn, run, passed, rules, ("step", title), done, usage, served_by)
    rules = turn.plan.definition.guardrails
    if done is None or rules.on_breach == "stop" or run.kind not in SPENDING:
        return None
    passed = breach(rules, turn.state.usage.plus(usage), turn.state.extra.get("granted", {}))
    return _breached(turn, run, passed, rules, ("run", "The run"), done, usage, served_by) if passed else None


def _breached(
    turn: Turn,
    run: StepRun,
    passed: Breach,
    rules: Guardrails,
    who: tuple[str, str],
    done: Done | None,
    usage: Usage,
    served_by: str,
) -> Problem:
    facts = {"limit": passed.limit, "value": passed.value, "allowed": passed.allowed}
    turn.emit(EventType.GUARDRAIL_BREACHED, run.path, **facts)
    limit = None
    if rules.on_breach == "ask" and done is not None:
        end = {"output": done.output, "port": done.port}
        limit = Reached(who[0], passed.limit, passed.value, passed.allowed, end)
    sentence = passed.sentence(who[1])
    return Problem(passed.code, sentence, run.path, usage=usage, served_by=served_by, limit=limit)


def with_its_limit(turn: Turn, run: StepRun, problem: Problem) -> Problem:
    """A problem of a runner that stopped before a call, with the limit that a person may raise, if one may."""
    limit = FORESEEN.get(problem.code)
    if limit is None:
        return problem
    scope, rules, used, granted = _nearest(turn, run, limit, problem.usage)
    most = allowed(rules, limit, granted)
    if rules.on_breach == "stop" or most is None:
        return problem
    reached = Reached(scope, limit, getattr(used, COUNTS[limit][0]), most)
    facts = {"limit": limit, "value": reached.value, "allowed": most}
    turn.emit(EventType.GUARDRAIL_BREACHED, run.path, **facts)
    return replace(problem, limit=reached)


def _nearest(
    turn: Turn, run: StepRun, limit: str, usage: Usage
) -> tuple[str, Guardrails, Usage, Mapping[str, float]]:
    """Of which less is left: the limit of the step, or that of the run."""
    own = ("step", turn.step_of(run).guardrails, run.usage.plus(usage), run.state.get("granted", {}))
    all = turn.state.usage.plus(usage)
    whole = ("run", turn.plan.definition.guardrails, all, turn.state.extra.get("granted", {}))
    amounts = [left(rules, limit, used, granted) for _, rules, used, granted in (own, whole)]
    is_own = amounts[1] is None or (amounts[0] is not None and amounts[0] <= amounts[1])
    return own if is_own else whole


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
