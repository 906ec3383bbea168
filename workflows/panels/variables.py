"""Which variables a text of a step may name, with the kind of each: only what is there before the step runs. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from convergio.errors import InvalidInput
from workflows.panels.fields import Scope
from workflows.schema import Definition, InputType, LoopStep, Step, StepId
from workflows.validation import Known
from workflows.validation.references import reference_of
from workflows.validation.shapes import (
    UNKNOWN,
    Shape,
    inside,
    kinds_of,
    shape_of_input,
    shape_of_output,
    words_of,
)
from workflows.validation.subject import Subject

MOST_FIELDS: Final = 40
"""Fields of one value that are offered by themselves."""
MOST_LEVELS: Final = 3
MOST_NEAR: Final = 60
"""Steps, the nearest first, whose fields are offered too; of those further away only the whole output is."""
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Offered:
    """A variable: `text` as templates name it, `path` as conditions do, `source` whose value it is."""

    text: str
    path: str
    label: str
    kind: str
    source: str

    def as_json(self) -> list[str]:
        """As a page holds it."""
        return [self.text, self.path, self.label, self.kind, self.source]


def variables(definition: Definition, step_id: StepId | None) -> dict[Scope, list[Offered]]:
    """What each kind of text may name: everything before (`any`), and what `own`, `inside` and `item` add to it.

    Without a step: what the outputs of the workflow may name. Raises KeyError.
    """
    subject = Subject(definition, Known())
    if step_id is None:
        return {
            "any": [
                *_inputs(subject),
                *_steps(subject, subject.graph.children(None)),
                *_context(subject, None),
            ]
        }
    step = subject.graph.step(step_id)
    before = subject.graph.upstream(step_id)
    ordered = [one.id for one in definition.steps if one.id in before]
    around = subject.loop_around(step_id)
    return {
        "any": [
            *_steps(subject, reversed(ordered)),
            *_inputs(subject),
            *_context(subject, step_id),
            *_round(around, subject),
        ],
        "own": list(_steps(subject, [step_id])),
        "inside": _inside(step, subject),
        "item": [*_item(UNKNOWN), *_number()],
    }


def _inside(step: Step, subject: Subject) -> list[Offered]:
    if not isinstance(step, LoopStep):
        return []
    return [*_round(step, subject), *_steps(subject, subject.graph.children(step.id))]


def _inputs(subject: Subject) -> Iterator[Offered]:
    fields = subject.definition.inputs
    if any(field.type in (InputType.STRING, InputType.TEXT) for field in fields):
        yield Offered("${user_input}", "${user_input}", "What was asked", "text", "Inputs")
    for field in fields:
        shape, label = shape_of_input(field), field.label or _words(field.name)
        yield from _spread(f"inputs.{field.name}", f"$.inputs.{field.name}", label, shape, "Inputs")


def _steps(subject: Subject, ids: Iterable[StepId]) -> Iterator[Offered]:
    for number, one in enumerate(ids):
        step, level = subject.graph.steps[one], 0 if number < MOST_NEAR else MOST_LEVELS
        shape = shape_of_output(step, subject.graph)
        yield from _spread(f"steps.{one}.output", f"$.{one}", step.title, shape, step.title, level)


def _context(subject: Subject, step_id: StepId | None) -> Iterator[Offered]:
    graph = subject.graph
    for key, setters in subject.context_setters.items():
        seen = step_id is None or any(graph.precedes(one, step_id) for one in setters)
        if seen and _PLAIN.fullmatch(key):
            yield Offered(f"${{context.{key}}}", f"$.context.{key}", _words(key), "text", "Context")


def _round(loop: LoopStep | None, subject: Subject) -> Iterator[Offered]:
    if loop is not None:
        if loop.config.mode == "for_each":
            yield from _item(_shape_of_items(loop.config.items, subject))
        yield from _number()


def _number() -> Iterator[Offered]:
    yield Offered("${loop.number}", "$.loop.number", "Round, from 1", "a number", "Loop")
    yield Offered("${loop.index}", "$.loop.index", "Round, from 0", "a number", "Loop")


def _item(shape: Shape) -> Iterator[Offered]:
    yield from _spread("item", "$.item", "The item of this round", shape, "Loop")


def _shape_of_items(items: Any, subject: Subject) -> Shape:
    """What an item looks like, where the list's shape is known."""
    try:
        reference = reference_of(items) if isinstance(items, str) and items.startswith("${") else None
    except InvalidInput:
        return UNKNOWN
    if reference is None or reference.name not in subject.graph.steps:
        return UNKNOWN
    shape, _ = inside(shape_of_output(subject.graph.steps[reference.name], subject.graph), reference.fields)
    items_shape = shape.get("items", UNKNOWN)
    return items_shape if isinstance(items_shape, dict) else UNKNOWN


def _spread(text: str, path: str, label: str, shape: Shape, source: str, level: int = 0) -> Iterator[Offered]:
    """A value and, where its fields are known, each of them."""
    yield Offered(f"${{{text}}}", path, label, words_of(shape) or "any value", source)
    for name, inner in _properties(shape)[: MOST_FIELDS if level < MOST_LEVELS else 0]:
        part = _part(name)
        yield from _spread(
            f"{text}{part}", f"{path}{part}", f"{label}, {_words(name)}", inner, source, level + 1
        )


def _properties(shape: Shape) -> Sequence[tuple[str, Shape]]:
    properties = shape.get("properties")
    if "object" not in kinds_of(shape) or not isinstance(properties, dict):
        return []
    return [
        (str(name), one) for name, one in properties.items() if isinstance(one, dict) and "'" not in str(name)
    ]


def _part(name: str) -> str:
    return f".{name}" if _PLAIN.fullmatch(name) else f"['{name}']"


def _words(name: str) -> str:
    return name.replace("_", " ")
