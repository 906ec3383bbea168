"""Pasting: a fragment from a clipboard becomes steps with free ids, whose mutual references follow. Pure."""

from typing import Any

from convergio.errors import InvalidInput
from workflows import editing
from workflows.drafting.changes import Fragment
from workflows.drafting.placing import settled
from workflows.editing import Edited, Refusal
from workflows.graph import Graph
from workflows.schema import Definition, Position, StepId, parse_definition


def paste(
    definition: Definition, fragment: Fragment, parent: StepId | None, at: tuple[float, float]
) -> Edited:
    """Add the steps of a fragment to a container or to the top, their upper left corner at a place."""
    around = next((step for step in definition.steps if step.id == parent), None)
    if parent is not None and not editing.is_container(around):
        return Refusal("invalid", f"“{parent}” is no container, so it cannot hold a step.")
    read = _read(fragment)
    if isinstance(read, Refusal):
        return read
    renamed = _with_free_ids(read, definition)
    if isinstance(renamed, Refusal):
        return renamed
    placed = _placed(renamed, parent, at)
    return definition.model_copy(
        update={
            "steps": (*definition.steps, *placed.steps),
            "edges": (*definition.edges, *placed.edges),
        }
    )


def _read(fragment: Fragment) -> Edited:
    ids = {step.get("id") for step in fragment.steps if isinstance(step.get("id"), str)}
    if len(ids) < len(fragment.steps):
        return Refusal("invalid", "Every step that is pasted needs an id of its own.")
    edges = [edge for edge in fragment.edges if _is_within(edge, ids)]
    try:
        read = parse_definition({"steps": [_rooted(step, ids) for step in fragment.steps], "edges": edges})
    except InvalidInput as error:
        return Refusal("invalid", error.sentence)
    graph = Graph.of(read)
    return read.model_copy(update={"edges": tuple(one for one in read.edges if one not in graph.strays)})


def _is_within(edge: dict[str, Any], ids: set[Any]) -> bool:
    ends = (edge.get("source"), edge.get("target"))
    return all(isinstance(end, str) and end in ids for end in ends)


def _rooted(step: dict[str, Any], ids: set[Any]) -> dict[str, Any]:
    parent = step.get("parent")
    return step if isinstance(parent, str) and parent in ids else {**step, "parent": None}


def _with_free_ids(fragment: Definition, definition: Definition) -> Edited:
    taken = {step.id for step in definition.steps}
    for step in fragment.steps:
        if step.id in taken:
            both = definition.model_copy(update={"steps": (*definition.steps, *fragment.steps)})
            renamed = editing.rename_id(fragment, step.id, editing.free_id(both, step.id))
            if isinstance(renamed, Refusal):
                return renamed
            fragment = renamed
    return fragment


def _placed(fragment: Definition, parent: StepId | None, at: tuple[float, float]) -> Definition:
    fragment = settled(fragment)
    roots = [step for step in fragment.steps if step.parent is None]
    left = min((step.position.x for step in roots), default=0)
    top = min((step.position.y for step in roots), default=0)
    steps = tuple(
        step.model_copy(
            update={
                "parent": parent,
                "position": Position(x=step.position.x - left + at[0], y=step.position.y - top + at[1]),
            }
        )
        if step.parent is None
        else step
        for step in fragment.steps
    )
    return fragment.model_copy(update={"steps": steps})
