"""Checks of what each type of step needs in its settings."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from convergio.json_schemas import schema_fault
from workflows.expressions import ExpressionError, Variable, kind_of, parse
from workflows.schema import (
    AgentStep,
    ApprovalStep,
    Guardrails,
    InputStep,
    Json,
    LoopStep,
    OnErrorFallback,
    Step,
    TeamStep,
    TransformStep,
    WaitStep,
)
from workflows.schema.asking import ApprovalConfig
from workflows.validation.findings import Finding, hint
from workflows.validation.references import of_variable, shape_of_reference
from workflows.validation.shapes import inside, kinds_of, words_of
from workflows.validation.subject import Subject, at


def check_config(subject: Subject) -> Iterator[Finding]:
    """What is missing, or does not fit together, in a step's own settings."""
    yield from _breach(None, subject.definition.guardrails)
    for step in subject.definition.steps:
        yield from _any_step(step)
        for kind, check in _CHECKS.items():
            if isinstance(step, kind):
                yield from check(step, subject)


def _any_step(step: Step) -> Iterator[Finding]:
    if isinstance(step.on_error, OnErrorFallback) and not isinstance(step, AgentStep):
        yield at(step, "fallback_not_agent", "on_error")
    if step.output_schema is not None:
        yield from _schema(step, "output_schema", step.output_schema)
    yield from _breach(step, step.guardrails)
    if step.sla and step.timeout_s and step.sla.target_s >= step.timeout_s * step.retry.attempts:
        yield at(step, "sla_over_timeout", "sla.target_s")


def _breach(step: Step | None, rules: Guardrails) -> Iterator[Finding]:
    limits = (rules.max_requests, rules.max_tokens, rules.max_tool_calls, rules.max_cost)
    if rules.on_breach == "ask" and all(limit is None for limit in limits):
        yield at(step, "nothing_to_raise", "guardrails.on_breach")


def _asks_first(step: AgentStep) -> Iterator[Finding]:
    """Tools of the agent's own are not known here; those that the step names are."""
    tools = step.config.tools
    for name in step.config.ask_first if tools is not None else ():
        if name not in (tools or ()):
            yield at(step, "asks_about_nothing", "config.ask_first", name=name, hint=hint(name, tools or ()))


def _schema(step: Step, field: str, schema: Json) -> Iterator[Finding]:
    fault = schema_fault(schema)
    if fault:
        yield at(step, "bad_schema", field, reason=fault)


def _agent(step: AgentStep, subject: Subject) -> Iterator[Finding]:
    if not step.config.agent and not step.config.capability:
        yield at(step, "agent_missing", "config.agent")
    if not step.config.prompt.strip():
        yield at(step, "empty_prompt", "config.prompt")
    yield from _asks_first(step)
    if isinstance(step.on_error, OnErrorFallback) and step.on_error.agent == step.config.agent:
        yield at(step, "fallback_same", "on_error.agent")


def _team(step: TeamStep, subject: Subject) -> Iterator[Finding]:
    if not step.config.prompt.strip():
        yield at(step, "empty_prompt", "config.prompt")
    for name, count in Counter(step.config.members).items():
        if count > 1:
            yield at(step, "duplicate_member", "config.members", name=name)


def _approval(step: ApprovalStep, subject: Subject) -> Iterator[Finding]:
    config = step.config
    yield from _asked(step, config.approvers, "config.approvers")
    yield from _revise(step, subject)
    yield from _own_answers(step)
    yield from _times(step)
    if config.form is not None:
        yield from _form(step, config.form)
    people = set(config.approvers)
    named_only = all(one.startswith("user:") and "${" not in one for one in people)
    if isinstance(config.quorum, int) and people and named_only and config.quorum > len(people):
        yield at(step, "quorum_too_large", "config.quorum", quorum=config.quorum, count=len(people))
    if config.can_edit and config.quorum != "any":
        yield at(step, "edit_with_quorum", "config.can_edit")
    if config.can_edit and config.data is None:
        yield at(step, "nothing_to_edit", "config.can_edit")
    if config.auto_approve_s and config.auto_approve_s >= config.expires_s:
        yield at(step, "auto_approve_too_late", "config.auto_approve_s")


RESERVED_ANSWERS: Final = frozenset({"timeout", "error", "request_changes", "submit"})
"""What no answer may be called: other ports of the step, and answers that mean something else."""


def _own_answers(step: ApprovalStep) -> Iterator[Finding]:
    answers = step.config.answers
    for name, count in Counter(answer.id for answer in answers).items():
        if count > 1:
            yield at(step, "duplicate_answer", "config.answers", name=name)
        if name in RESERVED_ANSWERS:
            yield at(step, "reserved_answer", "config.answers", name=name)
    for label, count in Counter(answer.label.strip().lower() for answer in answers).items():
        if label and count > 1:
            yield at(step, "same_label", "config.answers", name=label)
    if answers and all(answer.counts_as == "reject" for answer in answers):
        code = "auto_approve_nothing" if step.config.auto_approve_s else "no_approval"
        yield at(step, code, "config.answers")


def _times(step: ApprovalStep | InputStep) -> Iterator[Finding]:
    """Moments that never come, or come in the wrong order."""
    config = step.config
    last = min((one for one in (config.due_s, config.expires_s) if one), default=None)
    if config.due_s and config.expires_s and config.due_s > config.expires_s:
        yield at(step, "due_after_expiry", "config.due_s")
    if config.remind_s and (config.due_s or config.expires_s) is None:
        yield at(step, "remind_without_due", "config.remind_s")
    elif config.remind_s and config.remind_s >= (config.due_s or config.expires_s or 0):
        yield at(step, "remind_too_early", "config.remind_s")
    if config.follow_up_s and last and config.follow_up_s >= last:
        yield at(step, "follow_up_too_late", "config.follow_up_s")
    yield from _escalation(step)


def _escalation(step: ApprovalStep | InputStep) -> Iterator[Finding]:
    config = step.config
    if config.escalate_s and not config.escalate_to:
        yield at(step, "escalate_to_nobody", "config.escalate_to")
    if config.escalate_to and not config.escalate_s:
        yield at(step, "escalate_never", "config.escalate_s")
    if config.escalate_s and config.expires_s and config.escalate_s >= config.expires_s:
        yield at(step, "escalate_too_late", "config.escalate_s")
    first = set(config.approvers if isinstance(config, ApprovalConfig) else config.assignees)
    if config.escalate_to and first.issuperset(config.escalate_to):
        yield at(step, "escalate_to_the_same", "config.escalate_to")


def _revise(step: ApprovalStep, subject: Subject) -> Iterator[Finding]:
    name = step.config.revise
    if name is None:
        return
    if name not in subject.graph.steps:
        yield at(step, "unknown_revise", "config.revise", name=name)
    elif name == step.id or not subject.graph.between(name, step.id):
        yield at(step, "revise_not_upstream", "config.revise", name=name)


def _input(step: InputStep, subject: Subject) -> Iterator[Finding]:
    yield from _asked(step, step.config.assignees, "config.assignees")
    yield from _times(step)
    yield from _form(step, step.config.form)


def _asked(step: Step, people: tuple[str, ...], field: str) -> Iterator[Finding]:
    if not people:
        yield at(step, "nobody_asked", field)


def _form(step: Step, form: dict[str, Any]) -> Iterator[Finding]:
    faults = list(_schema(step, "config.form", form))
    yield from faults
    if not faults and (form.get("type", "object") != "object" or not form.get("properties")):
        yield at(step, "form_not_object", "config.form")


def _loop(step: LoopStep, subject: Subject) -> Iterator[Finding]:
    config = step.config
    if config.mode != "for_each":
        return
    yield from _list(step, "config.items", config.items, subject)
    if isinstance(config.items, list) and len(config.items) > config.max_iterations:
        facts = {"count": len(config.items), "limit": config.max_iterations}
        yield at(step, "items_over_limit", "config.max_iterations", **facts)


def _transform(step: TransformStep, subject: Subject) -> Iterator[Finding]:
    if step.config.source is not None:
        yield from _list(step, "config.source", step.config.source, subject)
    elif step.config.filter is not None:
        yield at(step, "filter_without_source", "config.filter")


def _list(step: Step, field: str, value: Json, subject: Subject) -> Iterator[Finding]:
    """A literal that is no list, or a variable whose value is known to be none."""
    if isinstance(value, list):
        return
    variable = _only_variable(value)
    if variable is None:
        yield at(step, "not_a_list", field, kind=kind_of(value))
        return
    reference = of_variable(variable)
    shape, _ = inside(shape_of_reference(reference, subject), reference.fields)
    if kinds_of(shape) and "array" not in kinds_of(shape):
        yield at(step, "not_a_list", field, kind=words_of(shape))


def _only_variable(value: Json) -> Variable | None:
    try:
        pieces = parse(value) if isinstance(value, str) else []
    except ExpressionError:
        return Variable("item", (), "")
    return pieces[0] if len(pieces) == 1 and isinstance(pieces[0], Variable) else None


def _wait(step: WaitStep, subject: Subject) -> Iterator[Finding]:
    until = step.config.until
    if until is None or "${" in until:
        return
    try:
        datetime.fromisoformat(until.strip())
    except ValueError:
        yield at(step, "bad_time", "config.until", value=f"“{until[:60]}”")


_CHECKS: Final[dict[type[Step], Callable[[Any, Subject], Iterator[Finding]]]] = {
    AgentStep: _agent,
    TeamStep: _team,
    ApprovalStep: _approval,
    InputStep: _input,
    LoopStep: _loop,
    TransformStep: _transform,
    WaitStep: _wait,
}
