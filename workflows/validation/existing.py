"""Checks of what a step names outside of the definition: agents, tools, workflows, people."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from convergio.json_schemas import value_faults
from workflows.inputs import check_value
from workflows.schema import (
    AgentStep,
    ApprovalStep,
    InputField,
    InputStep,
    Json,
    OnErrorAsk,
    OnErrorFallback,
    Sla,
    Step,
    TeamStep,
    ToolStep,
    WorkflowStep,
)
from workflows.validation.findings import Finding, hint
from workflows.validation.subject import Subject, at
from workflows.validation.templates import has_variables


def check_existing(subject: Subject) -> Iterator[Finding]:
    """Names of what does not exist, and arguments that do not fit what does."""
    for agent in subject.steps(AgentStep):
        yield from _agent(agent, subject)
    for team in subject.steps(TeamStep):
        for slug in team.config.members:
            yield from _named(team, "unknown_agent", "config.members", slug, subject.known.agents)
        yield from _asks_first(team, team.config.ask_first, subject)
    for tool in subject.steps(ToolStep):
        yield from _named(tool, "unknown_tool", "config.tool", tool.config.tool, subject.known.tools)
        yield from _arguments(tool, subject)
    for workflow in subject.steps(WorkflowStep):
        yield from _workflow(workflow, subject)
    yield from _late(None, subject.definition.sla, subject)
    yield from _asked(None, "guardrails.assignees", subject.definition.guardrails.assignees, subject)
    for step in subject.definition.steps:
        yield from _people(step, subject)
        yield from _asked(step, "guardrails.assignees", step.guardrails.assignees, subject)
        if isinstance(step.on_error, OnErrorAsk):
            yield from _asked(step, "on_error.assignees", step.on_error.assignees, subject)
        yield from _late(step, step.sla, subject)


def _agent(step: AgentStep, subject: Subject) -> Iterator[Finding]:
    config, known = step.config, subject.known
    if config.agent:
        yield from _named(step, "unknown_agent", "config.agent", config.agent, known.agents)
    elif config.capability:
        capability = config.capability
        yield from _named(step, "unknown_capability", "config.capability", capability, known.capabilities)
    if isinstance(step.on_error, OnErrorFallback):
        yield from _named(step, "unknown_agent", "on_error.agent", step.on_error.agent, known.agents)
    for slug in config.tools or ():
        yield from _named(step, "unknown_tool", "config.tools", slug, known.tools)
    yield from _asks_first(step, config.ask_first, subject)


def _asks_first(step: Step, tools: tuple[str, ...], subject: Subject) -> Iterator[Finding]:
    for slug in tools:
        yield from _named(step, "unknown_tool", "config.ask_first", slug, subject.known.tools)


def _named(
    step: Step | None, code: str, field: str, name: str, known: Collection[str] | None
) -> Iterator[Finding]:
    if known is not None and name not in known:
        yield at(step, code, field, name=name, hint=hint(name, known))


def _arguments(step: ToolStep, subject: Subject) -> Iterator[Finding]:
    parameters = subject.known.parameters(step.config.tool)
    if parameters is None:
        return
    properties = parameters.get("properties") or {}
    for name in parameters.get("required") or ():
        if name not in step.config.arguments:
            yield at(step, "missing_argument", "config.arguments", name=name)
    for name, value in step.config.arguments.items():
        if name in properties:
            yield from _argument(step, name, value, parameters)
        elif not parameters.get("additionalProperties"):
            facts = {
                "name": name,
                "known": ", ".join(properties) or "nothing",
                "hint": hint(name, properties),
            }
            yield at(step, "unknown_argument", f"config.arguments.{name}", **facts)


def _argument(step: ToolStep, name: str, value: Json, parameters: Mapping[str, Any]) -> Iterator[Finding]:
    if has_variables(value):
        return
    schema = {**parameters["properties"][name], "$defs": parameters.get("$defs", {})}
    for fault in value_faults(value, schema, most=1):
        yield at(step, "bad_argument", f"config.arguments.{name}", name=name, reason=fault["message"])


def _workflow(step: WorkflowStep, subject: Subject) -> Iterator[Finding]:
    config, known = step.config, subject.known
    if config.workflow == known.slug:
        yield at(step, "self_workflow", "config.workflow")
        return
    yield from _named(step, "unknown_workflow", "config.workflow", config.workflow, known.workflows)
    fields = known.inputs(config.workflow)
    if fields is not None and config.version is None:
        yield from _child_inputs(step, {field.name: field for field in fields})


def _child_inputs(step: WorkflowStep, fields: Mapping[str, InputField]) -> Iterator[Finding]:
    given = step.config.inputs
    for field in fields.values():
        if field.required and field.default is None and field.name not in given:
            yield at(step, "missing_child_input", "config.inputs", name=field.name)
    for name, value in given.items():
        place = f"config.inputs.{name}"
        if name not in fields:
            facts = {"name": name, "known": ", ".join(fields) or "nothing", "hint": hint(name, fields)}
            yield at(step, "unknown_child_input", place, **facts)
        elif not has_variables(value) and value is not None:
            yield from _child_input(step, place, fields[name], value)


def _child_input(step: WorkflowStep, place: str, field: InputField, value: Json) -> Iterator[Finding]:
    try:
        check_value(field, value)
    except ValueError as error:
        yield at(step, "bad_child_input", place, name=field.name, reason=error)


def _people(step: Step, subject: Subject) -> Iterator[Finding]:
    if isinstance(step, ApprovalStep):
        yield from _asked(step, "config.approvers", step.config.approvers, subject)
        yield from _asked(step, "config.escalate_to", step.config.escalate_to, subject)
    elif isinstance(step, InputStep):
        yield from _asked(step, "config.assignees", step.config.assignees, subject)
        yield from _asked(step, "config.escalate_to", step.config.escalate_to, subject)


def _late(step: Step | None, sla: Sla | None, subject: Subject) -> Iterator[Finding]:
    """Who is asked, and what is started, when the step or the workflow itself is late."""
    if sla is None:
        return
    yield from _asked(step, "sla.escalate_to", sla.escalate_to, subject)
    if sla.start_workflow:
        place, known = "sla.start_workflow", subject.known.workflows
        yield from _named(step, "unknown_workflow", place, sla.start_workflow, known)


def _asked(step: Step | None, place: str, people: tuple[str, ...], subject: Subject) -> Iterator[Finding]:
    for one in people:
        kind, _, name = one.partition(":")
        if has_variables(one):
            continue
        if kind == "user":
            yield from _named(step, "unknown_person", place, name.lower(), subject.known.users)
        elif kind == "group":
            yield from _named(step, "unknown_group", place, name, subject.known.groups)
