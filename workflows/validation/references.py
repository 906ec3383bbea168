"""Checks of what templates and conditions name: steps, inputs, context, items, and fields in them."""

from collections.abc import Iterator
from dataclasses import dataclass

from workflows.conditions import BadCondition, compile_path, names_of
from workflows.expressions import ExpressionError, Variable, variables_in
from workflows.schema import AgentStep, InputType, LoopStep
from workflows.validation.findings import Finding, hint
from workflows.validation.shapes import UNKNOWN, Shape, inside, shape_of_input, shape_of_output
from workflows.validation.subject import Subject
from workflows.validation.templates import Place, at_place, comparisons, templates

type Parts = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A variable or a path: what it names, and the fields after the name."""

    root: str
    name: str
    fields: Parts
    text: str


def check_references(subject: Subject) -> Iterator[Finding]:
    """Variables and paths that cannot be read, or that name what is not there or not yet there."""
    for place, value in templates(subject.definition):
        yield from _template(place, value, subject)
    for place, comparison in comparisons(subject.definition):
        yield from _path(place, comparison.path, subject)
    for step in subject.steps(AgentStep):
        handed = step.config.handoff.keys if step.config.handoff else ()
        for key in handed:
            if key not in step.set_context:
                reference = Reference("context", key, (), key)
                yield from _context(Place(step, "config.handoff"), reference, subject)


def reference_of(path: str) -> Reference:
    """A condition's path as a reference. Raises BadCondition, ExpressionError."""
    if path.startswith("${"):
        found = variables_in(path)
        if len(found) != 1 or found[0].text != path:
            raise BadCondition(f"{path!r} must be one variable and nothing else.")
        return of_variable(found[0])
    root, *parts = names_of(compile_path(path))
    if root in {"inputs", "context"} and parts and isinstance(parts[0], str):
        return Reference(str(root), parts[0], tuple(parts[1:]), path)
    if root in {"inputs", "context", "item", "loop"}:
        return Reference(str(root), "", tuple(parts), path)
    return Reference("steps", str(root), tuple(parts), path)


def shape_of_reference(reference: Reference, subject: Subject) -> Shape:
    """What the named value looks like, its fields not yet looked into."""
    if reference.root == "inputs" and reference.name in subject.inputs:
        return shape_of_input(subject.inputs[reference.name])
    if reference.root == "steps" and reference.name in subject.graph.steps:
        return shape_of_output(subject.graph.steps[reference.name], subject.graph)
    return UNKNOWN


def of_variable(variable: Variable) -> Reference:
    """A variable as a reference."""
    return Reference(variable.root, variable.name or "", variable.fields, variable.text)


def _template(place: Place, value: object, subject: Subject) -> Iterator[Finding]:
    try:
        found = variables_in(value)
    except ExpressionError as error:
        yield at_place(place, "bad_expression", reason=error.sentence)
        return
    for variable in dict.fromkeys(found):
        yield from _reference(place, of_variable(variable), subject)


def _path(place: Place, path: str, subject: Subject) -> Iterator[Finding]:
    try:
        reference = reference_of(path)
    except (BadCondition, ExpressionError) as error:
        yield at_place(place, "bad_path", reason=error.sentence)
        return
    yield from _reference(place, reference, subject)


def _reference(place: Place, reference: Reference, subject: Subject) -> Iterator[Finding]:
    faults = list(_CHECKS[reference.root](place, reference, subject))
    yield from faults
    if not faults:
        yield from _fields(place, reference, subject)


def _step(place: Place, reference: Reference, subject: Subject) -> Iterator[Finding]:
    name = reference.name
    if name not in subject.graph.steps:
        near = hint(name, subject.graph.steps)
        yield at_place(place, "unknown_step", variable=reference.text, name=name, hint=near)
    elif not _sees(place, name, subject):
        container = _closed_around(place, name, subject)
        code = "inside_container" if container else "not_upstream"
        yield at_place(place, code, variable=reference.text, name=name, container=container)


def _sees(place: Place, name: str, subject: Subject) -> bool:
    graph, step = subject.graph, place.step
    if step is None:
        return graph.parent(name) is None
    within = place.inside and graph.parent(name) == step.id
    return within or (place.own and name == step.id) or graph.precedes(name, step.id)


def _closed_around(place: Place, name: str, subject: Subject) -> str | None:
    """The container before the reader that hides a step; None when that is not the reason."""
    return next((one for one in subject.graph.ancestors(name) if _sees(place, one, subject)), None)


def _input(place: Place, reference: Reference, subject: Subject) -> Iterator[Finding]:
    if reference.name and reference.name not in subject.inputs:
        near = hint(reference.name, subject.inputs)
        yield at_place(place, "unknown_input", variable=reference.text, name=reference.name, hint=near)


def _user_input(place: Place, reference: Reference, subject: Subject) -> Iterator[Finding]:
    kinds = {field.type for field in subject.definition.inputs}
    if "user_input" not in subject.inputs and not kinds & {InputType.STRING, InputType.TEXT}:
        yield at_place(place, "no_text_input")


def _context(place: Place, reference: Reference, subject: Subject) -> Iterator[Finding]:
    name, setters = reference.name, subject.context_setters.get(reference.name, ())
    if name and not setters:
        yield at_place(place, "unknown_context", name=name, hint=hint(name, subject.context_setters))
    elif name and place.step and not any(_may_have_run(one, place, subject) for one in setters):
        yield at_place(place, "context_not_upstream", name=name, setters=", ".join(setters))


def _may_have_run(setter: str, place: Place, subject: Subject) -> bool:
    """Whether a step may have ended before the reader: it comes before, or lies in a container before or around it."""
    if place.step is None or (place.inside and place.step.id in subject.graph.ancestors(setter)):
        return True
    reader, graph = place.step.id, subject.graph
    candidates = (setter, *graph.ancestors(setter))
    loops = {one for one in graph.ancestors(reader) if isinstance(graph.steps[one], LoopStep)}
    return any(graph.precedes(one, reader) for one in candidates) or bool(loops.intersection(candidates))


def _item(place: Place, reference: Reference, subject: Subject) -> Iterator[Finding]:
    loop = _loop_of(place, subject)
    if not place.item and (loop is None or loop.config.mode != "for_each"):
        yield at_place(place, "item_outside_loop", variable=reference.text)


def _loop(place: Place, reference: Reference, subject: Subject) -> Iterator[Finding]:
    if not place.item and _loop_of(place, subject) is None:
        yield at_place(place, "loop_outside_loop", variable=reference.text)


def _loop_of(place: Place, subject: Subject) -> LoopStep | None:
    if place.step is None:
        return None
    if place.inside and isinstance(place.step, LoopStep):
        return place.step
    return subject.loop_around(place.step.id)


def _fields(place: Place, reference: Reference, subject: Subject) -> Iterator[Finding]:
    _, fault = inside(shape_of_reference(reference, subject), reference.fields)
    if fault:
        yield at_place(
            place, "unknown_output_field", variable=reference.text, name=reference.name, reason=fault
        )


_CHECKS = {
    "steps": _step,
    "inputs": _input,
    "user_input": _user_input,
    "context": _context,
    "item": _item,
    "loop": _loop,
}
