"""What a value will look like before it is there: JSON Schemas of outputs and inputs, as far as they are known."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from workflows.expressions import ExpressionError, Variable, parse
from workflows.graph import Graph
from workflows.schema import (
    AgentStep,
    ApprovalStep,
    ConditionStep,
    InputField,
    InputStep,
    InputType,
    Json,
    LoopStep,
    OnErrorAsk,
    OnErrorContinue,
    OnErrorPort,
    ParallelStep,
    SequentialStep,
    Step,
    TeamStep,
    TransformStep,
)

type Shape = Mapping[str, Any]
"""A JSON Schema; the empty one says that nothing is known."""

UNKNOWN: Final[Shape] = {}
TEXT: Final[Shape] = {"type": "string"}

_TYPE_OF: Final = {
    InputType.INTEGER: "integer",
    InputType.NUMBER: "number",
    InputType.BOOLEAN: "boolean",
    InputType.LIST: "array",
    InputType.OBJECT: "object",
}

_WORDS: Final = {
    "string": "text",
    "integer": "a number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "empty",
}

_CHOOSING: Final = frozenset({"$ref", "anyOf", "oneOf", "allOf", "not", "if"})


def shape_of_input(field: InputField) -> Shape:
    """What an input's value looks like."""
    if field.type is InputType.FILE:
        return _object(file=TEXT, name=TEXT, size={"type": "integer"}, content_type=TEXT)
    return {"type": _TYPE_OF.get(field.type, "string")}


def shape_of_output(step: Step, graph: Graph) -> Shape:
    """What a step's output looks like. Unknown where an error may put something else in its place."""
    if isinstance(step.on_error, OnErrorAsk | OnErrorContinue | OnErrorPort):
        return UNKNOWN
    return step.output_schema if step.output_schema is not None else _own_shape(step, graph)


def inside(shape: Shape, fields: Sequence[str | int | None]) -> tuple[Shape, str]:
    """The shape of a field within (None: of every element), and why there is none ("" when there may be one)."""
    for field in fields:
        shape, fault = _step_into(shape, field)
        if fault:
            return UNKNOWN, fault
    return shape, ""


def kinds_of(shape: Shape) -> frozenset[str]:
    """The JSON types that a value may have; empty when not known."""
    if _CHOOSING & shape.keys():
        return frozenset()
    kinds = shape.get("type", ())
    return frozenset({kinds} if isinstance(kinds, str) else kinds if isinstance(kinds, list | tuple) else ())


def words_of(shape: Shape) -> str:
    """The kinds of a shape in plain words."""
    return " or ".join(dict.fromkeys(_WORDS.get(kind, kind) for kind in sorted(kinds_of(shape))))


def shape_of_template(value: Json) -> Shape | None:
    """What a template gives, None when it is exactly one variable and so depends on that."""
    if isinstance(value, str):
        return _shape_of_text(value)
    if isinstance(value, Mapping):
        return _object(**{key: shape_of_template(inner) or UNKNOWN for key, inner in value.items()})
    kinds = ((bool, "boolean"), (int, "integer"), (float, "number"), (list, "array"))
    return {"type": next((name for kind, name in kinds if isinstance(value, kind)), "null")}


def _shape_of_text(value: str) -> Shape | None:
    try:
        pieces = parse(value)
    except ExpressionError:
        return None
    return None if len(pieces) == 1 and isinstance(pieces[0], Variable) else TEXT


def _own_shape(step: Step, graph: Graph) -> Shape:
    if isinstance(step, ParallelStep | SequentialStep):
        return _shape_of_container(step, graph)
    describe = _OWN_SHAPES.get(type(step))
    return describe(step) if describe else UNKNOWN


def _shape_of_approval(step: ApprovalStep) -> Shape:
    data = UNKNOWN if step.config.data is None else shape_of_template(step.config.data) or UNKNOWN
    return _object(
        decision=TEXT,
        answer=TEXT,
        comment=TEXT,
        form=step.config.form or UNKNOWN,
        data=UNKNOWN if step.config.can_edit else data,
        decided_by={"type": "array"},
    )


def _shape_of_transform(step: TransformStep) -> Shape:
    if step.config.source is not None:
        return {"type": "array"}
    return shape_of_template(step.config.value) or UNKNOWN


def _shape_of_container(step: ParallelStep | SequentialStep, graph: Graph) -> Shape:
    last = [one for one in graph.terminals(step.id) if step.id not in graph.inside(one)]
    if isinstance(step, ParallelStep):
        return _object(**{one: shape_of_output(graph.steps[one], graph) for one in last})
    return shape_of_output(graph.steps[last[0]], graph) if len(last) == 1 else UNKNOWN


def _object(**properties: Shape) -> Shape:
    return {"type": "object", "properties": properties}


def _step_into(shape: Shape, field: str | int | None) -> tuple[Shape, str]:
    kinds = kinds_of(shape)
    if not kinds:
        return UNKNOWN, ""
    if isinstance(field, str):
        return (
            _property(shape, field) if "object" in kinds else (UNKNOWN, _not_there(shape, f"field “{field}”"))
        )
    if "array" in kinds:
        items = shape.get("items", UNKNOWN)
        return (items if isinstance(items, Mapping) else UNKNOWN), ""
    if field is None and "object" in kinds:
        return UNKNOWN, ""
    return UNKNOWN, _not_there(shape, "entries")


def _property(shape: Shape, field: str) -> tuple[Shape, str]:
    properties = shape.get("properties")
    if not isinstance(properties, Mapping) or field in properties:
        found = properties.get(field, UNKNOWN) if isinstance(properties, Mapping) else UNKNOWN
        return (found if isinstance(found, Mapping) else UNKNOWN), ""
    if shape.get("additionalProperties", False) is not False:
        return UNKNOWN, ""
    return UNKNOWN, f"there is no field “{field}”; it has: {', '.join(map(str, properties)) or 'none'}"


def _not_there(shape: Shape, what: str) -> str:
    return f"it is {words_of(shape)}, which has no {what}"


_OWN_SHAPES: Final[dict[type, Callable[[Any], Shape]]] = {
    AgentStep: lambda step: TEXT,
    TeamStep: lambda step: _object(text=TEXT, messages={"type": "array"}, stop_reason=TEXT),
    ConditionStep: lambda step: _object(port=TEXT),
    ApprovalStep: _shape_of_approval,
    InputStep: lambda step: step.config.form,
    LoopStep: lambda step: {"type": "array"},
    TransformStep: _shape_of_transform,
}
