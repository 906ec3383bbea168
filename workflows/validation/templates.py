"""Where a definition holds templates and conditions, and what each of these places may see."""

from collections.abc import Iterator
from dataclasses import dataclass

from workflows.expressions import ExpressionError, variables_in
from workflows.form_defaults import defaults_of
from workflows.schema import (
    AgentStep,
    ApprovalStep,
    Comparison,
    Condition,
    ConditionStep,
    Definition,
    Group,
    InputStep,
    Json,
    LoopStep,
    Step,
    TeamStep,
    ToolStep,
    TransformStep,
    WaitStep,
    WorkflowStep,
)
from workflows.validation.findings import Finding
from workflows.validation.subject import at


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a step (None: of the workflow's outputs).

    `own`: it sees the step's own output. `inside`: it sees the steps in the loop, and its item and round.
    `item`: it sees an item and its number in any case (a transform goes over its source).
    """

    step: Step | None
    field: str
    own: bool = False
    inside: bool = False
    item: bool = False


type Template = tuple[Place, Json]
type Compared = tuple[Place, Comparison]


def templates(definition: Definition) -> Iterator[Template]:
    """Every value that may hold variables, the values of comparisons included."""
    for step in definition.steps:
        yield from _templates_of(step)
        for key, value in step.set_context.items():
            yield Place(step, f"set_context.{key}", own=True), value
    for name, value in definition.outputs.items():
        yield Place(None, f"outputs.{name}"), value
    for place, comparison in comparisons(definition):
        yield place, comparison.value


def conditions(definition: Definition) -> Iterator[tuple[Place, Condition]]:
    """Every condition."""
    for step in definition.steps:
        match step:
            case ConditionStep():
                for index, branch in enumerate(step.config.branches):
                    yield Place(step, f"config.branches.{index}.when"), branch.when
            case LoopStep() if step.config.condition is not None and step.config.mode != "for_each":
                yield Place(step, "config.condition", inside=True), step.config.condition
            case TransformStep() if step.config.filter is not None:
                yield Place(step, "config.filter", item=True), step.config.filter


def comparisons(definition: Definition) -> Iterator[Compared]:
    """Every comparison in every condition."""
    for place, condition in conditions(definition):
        for comparison in flat(condition):
            yield place, comparison


def flat(condition: Condition) -> Iterator[Comparison]:
    """The comparisons of a condition."""
    if isinstance(condition, Comparison):
        yield condition
        return
    for inner in members(condition):
        yield from flat(inner)


def members(group: Group) -> tuple[Condition, ...]:
    """The conditions that a group joins or denies."""
    denied = (group.not_,) if group.not_ is not None else ()
    return (*(group.all or ()), *(group.any or ()), *denied)


def has_variables(value: Json) -> bool:
    """Whether a value is known only in a run, because it holds variables (or tries to)."""
    try:
        return bool(variables_in(value))
    except ExpressionError:
        return True


def at_place(place: Place, code: str, **facts: object) -> Finding:
    """A finding at a place."""
    return at(place.step, code, place.field, **facts)


def _asking(step: ApprovalStep | InputStep) -> Iterator[Template]:
    yield Place(step, "config.escalate_to"), list(step.config.escalate_to)
    for place, value in defaults_of(step.config.form):
        yield Place(step, f"config.form.{place}"), value


def _templates_of(step: Step) -> Iterator[Template]:
    match step:
        case AgentStep():
            yield Place(step, "config.prompt"), step.config.prompt
        case TeamStep():
            yield Place(step, "config.prompt"), step.config.prompt
            yield Place(step, "config.selector_prompt"), step.config.selector_prompt
        case ToolStep():
            yield Place(step, "config.arguments"), step.config.arguments
        case ApprovalStep():
            yield Place(step, "config.title"), step.config.title
            yield Place(step, "config.description"), step.config.description
            yield Place(step, "config.data"), step.config.data
            yield Place(step, "config.approvers"), list(step.config.approvers)
            yield from _asking(step)
        case InputStep():
            yield Place(step, "config.title"), step.config.title
            yield Place(step, "config.description"), step.config.description
            yield Place(step, "config.assignees"), list(step.config.assignees)
            yield from _asking(step)
        case LoopStep():
            yield Place(step, "config.items"), step.config.items
            yield Place(step, "config.result", inside=True), step.config.result
        case TransformStep():
            yield Place(step, "config.source"), step.config.source
            yield Place(step, "config.value", item=step.config.source is not None), step.config.value
        case WaitStep():
            yield Place(step, "config.until"), step.config.until
        case WorkflowStep():
            yield Place(step, "config.inputs"), step.config.inputs
        case _:
            return
