"""Changes to a definition, each giving a new definition or a refusal in a sentence. Pure.

What a step is called elsewhere follows a rename; what only names a deleted step in a text stays, for validation to
report, because nobody but the author knows what should stand there.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from convergio.errors import InvalidInput
from workflows.graph import Graph, onward_ports, ports_of
from workflows.schema import (
    CONTAINER_TYPES,
    ApprovalStep,
    ConditionStep,
    Definition,
    Edge,
    OwnAnswer,
    ParallelStep,
    Position,
    Step,
    StepId,
    dump_definition,
    parse_definition,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that cannot be made. kind: unknown, taken, invalid, cycle, border, port or already."""

    kind: str
    sentence: str


type Edited = Definition | Refusal


def add_step(
    definition: Definition, step: Mapping[str, Any], *, after: tuple[StepId, str] | None = None
) -> Edited:
    """Add a step given as a document; `after` is a step and its port to connect it to."""
    added = _read_step(step)
    if isinstance(added, Refusal):
        return added
    steps = _by_id(definition)
    if added.id in steps:
        return Refusal("taken", f"There is already a step with the id “{added.id}”.")
    if added.parent is not None and not is_container(steps.get(added.parent)):
        return Refusal("invalid", f"“{added.parent}” is no container, so it cannot hold a step.")
    grown = definition.model_copy(update={"steps": (*definition.steps, added)})
    return connect(grown, after[0], added.id, port=after[1]) if after else grown


def update_step(definition: Definition, step_id: StepId, changes: Mapping[str, Any]) -> Edited:
    """Replace some of a step's keys. Edges follow a branch whose port is renamed and go with a port that goes."""
    before = _by_id(definition).get(step_id)
    if before is None:
        return _unknown(step_id)
    if changes.get("id", step_id) != step_id or changes.get("parent", before.parent) != before.parent:
        return Refusal("invalid", "An id is changed by renaming, a parent by moving the step.")
    after = _read_step({**_document_of(before), **changes})
    if isinstance(after, Refusal):
        return after
    edges = _moved_ports(definition.edges, before, after)
    return definition.model_copy(update={"steps": _replaced(definition, after), "edges": edges})


def remove_step(definition: Definition, step_id: StepId) -> Edited:
    """Delete a step and all that lies in it; what came before it is connected to what came after."""
    graph = Graph.of(definition)
    if step_id not in graph.steps:
        return _unknown(step_id)
    gone = {step_id, *graph.inside(step_id)}
    kept = [edge for edge in definition.edges if not {edge.source, edge.target} & gone]
    steps = tuple(_without_revise(step, gone) for step in definition.steps if step.id not in gone)
    edges = tuple(dict.fromkeys([*kept, *_healed(definition, graph.steps[step_id])]))
    return definition.model_copy(update={"steps": steps, "edges": edges})


def connect(definition: Definition, source: StepId, target: StepId, *, port: str | None = None) -> Edited:
    """Draw an edge, by the usual port when none is named. Refused with the reason, the circle's path included."""
    graph = Graph.of(definition)
    for end in (source, target):
        if end not in graph.steps:
            return _unknown(end)
    port = port or onward_ports(graph.steps[source])[0]
    edge = Edge.model_construct(source=source, port=port, target=target)
    refusal = _edge_refusal(edge, definition, graph)
    return refusal or definition.model_copy(update={"edges": (*definition.edges, edge)})


def disconnect(definition: Definition, source: StepId, target: StepId, *, port: str | None = None) -> Edited:
    """Delete the edges between two steps, by all ports or by one."""
    edges = tuple(
        edge
        for edge in definition.edges
        if (edge.source, edge.target) != (source, target) or (port is not None and edge.port != port)
    )
    if len(edges) == len(definition.edges):
        return Refusal("unknown", f"There is no such edge from “{source}” to “{target}”.")
    return definition.model_copy(update={"edges": edges})


def place(definition: Definition, positions: Mapping[StepId, tuple[float, float]]) -> Edited:
    """Put steps somewhere else on the canvas."""
    for step_id in positions:
        if step_id not in _by_id(definition):
            return _unknown(step_id)
    moved = {step_id: Position(x=x, y=y) for step_id, (x, y) in positions.items()}
    return _each_step(
        definition,
        lambda step: step.model_copy(update={"position": moved[step.id]}) if step.id in moved else step,
    )


def move(definition: Definition, step_id: StepId, parent: StepId | None) -> Edited:
    """Put a step into a container, or out to the top. Edges that would cross a border go."""
    graph = Graph.of(definition)
    if step_id not in graph.steps:
        return _unknown(step_id)
    if parent is not None and not is_container(graph.steps.get(parent)):
        return Refusal("invalid", f"“{parent}” is no container, so it cannot hold a step.")
    if parent is not None and parent in {step_id, *graph.inside(step_id)}:
        return Refusal("invalid", f"“{step_id}” cannot lie in itself.")
    moved = graph.steps[step_id].model_copy(update={"parent": parent})
    steps = _replaced(definition, moved)
    parents = {step.id: step.parent for step in steps}
    edges = tuple(one for one in definition.edges if parents.get(one.source) == parents.get(one.target))
    return definition.model_copy(update={"steps": steps, "edges": edges})


def rename_id(definition: Definition, old: StepId, new: str) -> Edited:
    """Give a step another id, and write it anew wherever the old one is named."""
    steps = _by_id(definition)
    if old not in steps:
        return _unknown(old)
    if new in steps:
        return Refusal("taken", f"There is already a step with the id “{new}”.")
    renames = _renames(steps[old], steps, new)
    document = _rewritten(dump_definition(definition), renames)
    for step in document["steps"]:
        _rename_in_step(step, old, new)
    for edge in document.get("edges", ()):
        edge |= {end: new for end in ("source", "target") if edge[end] == old}
    return read(document)


def set_inputs(definition: Definition, inputs: Iterable[Mapping[str, Any]]) -> Edited:
    """Declare the inputs anew."""
    return read({**dump_definition(definition), "inputs": [dict(one) for one in inputs]})


def set_outputs(definition: Definition, outputs: Mapping[str, Any]) -> Edited:
    """Declare the outputs anew."""
    return read({**dump_definition(definition), "outputs": dict(outputs)})


def set_guardrails(definition: Definition, guardrails: Mapping[str, Any]) -> Edited:
    """Limit the whole run anew."""
    return read({**dump_definition(definition), "guardrails": dict(guardrails)})


def set_sla(definition: Definition, sla: Mapping[str, Any] | None) -> Edited:
    """Say anew how long a run should take, and what happens when it takes longer."""
    return read({**dump_definition(definition), "sla": sla and dict(sla)})


def set_notes(definition: Definition, notes: Iterable[Mapping[str, Any]]) -> Edited:
    """Put these sticky notes on the canvas in place of those that are there."""
    return read({**dump_definition(definition), "notes": [dict(one) for one in notes]})


def free_id(definition: Definition, wish: str) -> StepId:
    """An id like the wish that no step has yet: `research`, else `research_2` and so on."""
    taken, number = _by_id(definition), 2
    base = re.sub(r"\W+", "_", wish, flags=re.ASCII).strip("_").lower()[:58] or "step"
    base = base if base[0].isalpha() else f"step_{base}"[:58]
    found = base
    while found in taken:
        found, number = f"{base}_{number}", number + 1
    return found


# Reading what was given.


def read(document: Mapping[str, Any]) -> Edited:
    """Read a whole definition; what cannot be read is a refusal."""
    try:
        return parse_definition(document)
    except InvalidInput as error:
        return Refusal("invalid", error.sentence)


def _read_step(document: Mapping[str, Any]) -> Step | Refusal:
    alone = read({"steps": [dict(document)]})
    return alone if isinstance(alone, Refusal) else alone.steps[0]


def _document_of(step: Step) -> dict[str, Any]:
    document: dict[str, Any] = dump_definition(Definition(steps=(step,)))["steps"][0]
    return document


def _by_id(definition: Definition) -> dict[StepId, Step]:
    return {step.id: step for step in definition.steps}


def is_container(step: Step | None) -> bool:
    """Whether a step is there and holds others."""
    return step is not None and step.type in CONTAINER_TYPES


def _unknown(step_id: str) -> Refusal:
    return Refusal("unknown", f"There is no step “{step_id}”.")


# Changing steps and edges.


def _each_step(definition: Definition, change: Callable[[Step], Step]) -> Definition:
    return definition.model_copy(update={"steps": tuple(change(step) for step in definition.steps)})


def _replaced(definition: Definition, new: Step) -> tuple[Step, ...]:
    return tuple(new if step.id == new.id else step for step in definition.steps)


def _edge_refusal(edge: Edge, definition: Definition, graph: Graph) -> Refusal | None:
    source, target = graph.steps[edge.source], graph.steps[edge.target]
    if edge.port not in ports_of(source):
        ports = ", ".join(ports_of(source))
        return Refusal("port", f"“{source.title}” has no port “{edge.port}”; it has: {ports}.")
    if source.parent != target.parent:
        return Refusal("border", "An edge joins steps of the same container.")
    if edge in definition.edges:
        return Refusal("already", "These steps are connected already.")
    back = _way(graph, edge.target, edge.source)
    if back:
        path = " → ".join((edge.source, *back))
        return Refusal("cycle", f"This edge would make a circle: {path}. To repeat work, use a loop.")
    return None


def _way(graph: Graph, start: StepId, goal: StepId) -> tuple[StepId, ...]:
    """A shortest way along drawn edges, both ends included; empty without one."""
    came_from: dict[StepId, StepId | None] = {start: None}
    waiting = [start]
    for one in waiting:
        for edge in graph.outgoing(one):
            if edge.target not in came_from:
                came_from[edge.target] = one
                waiting.append(edge.target)
    way: list[StepId] = []
    at: StepId | None = goal if goal in came_from else None
    while at is not None:
        way.append(at)
        at = came_from[at]
    return tuple(reversed(way))


def _healed(definition: Definition, step: Step) -> list[Edge]:
    sources = [edge for edge in definition.edges if edge.target == step.id]
    ports = onward_ports(step)
    targets = [edge.target for edge in definition.edges if edge.source == step.id and edge.port in ports]
    return [
        Edge(source=edge.source, port=edge.port, target=target)
        for edge in sources
        for target in dict.fromkeys(targets)
    ]


def _without_revise(step: Step, gone: set[StepId]) -> Step:
    if not isinstance(step, ApprovalStep) or step.config.revise not in gone:
        return step
    return step.model_copy(update={"config": step.config.model_copy(update={"revise": None})})


def _moved_ports(edges: tuple[Edge, ...], before: Step, after: Step) -> tuple[Edge, ...]:
    renamed = _renamed_ports(before, after)
    ports = ports_of(after)
    moved = [
        edge.model_copy(update={"port": renamed.get(edge.port, edge.port)})
        if edge.source == after.id
        else edge
        for edge in edges
    ]
    return tuple(edge for edge in moved if edge.source != after.id or edge.port in ports)


def _renamed_ports(before: Step, after: Step) -> dict[str, str]:
    """Branches or answers at the same place whose port is new; none where their number changed."""
    if isinstance(before, ApprovalStep) and isinstance(after, ApprovalStep):
        return _renamed_answers(before.config.answers, after.config.answers)
    if not isinstance(before, ConditionStep) or not isinstance(after, ConditionStep):
        return {}
    return _at_same_place(
        [branch.port for branch in before.config.branches], [branch.port for branch in after.config.branches]
    )


def _renamed_answers(old: tuple[OwnAnswer, ...], new: tuple[OwnAnswer, ...]) -> dict[str, str]:
    """What led on from plain approval leads on from the first own answer that counts as it, and the other way."""
    if old and new:
        return _at_same_place([answer.id for answer in old], [answer.id for answer in new])
    pairs = [(_usual_port(old, kind), _usual_port(new, kind)) for kind in ("approve", "reject")]
    return {one: other for one, other in pairs if one and other and one != other}


def _usual_port(answers: tuple[OwnAnswer, ...], kind: str) -> str:
    if not answers:
        return {"approve": "approved", "reject": "rejected"}[kind]
    return next((answer.id for answer in answers if answer.counts_as == kind), "")


def _at_same_place(old: list[str], new: list[str]) -> dict[str, str]:
    if len(old) != len(new):
        return {}
    return {one: other for one, other in zip(old, new, strict=True) if one not in new}


# Renaming.

type _Renames = list[tuple[re.Pattern[str], str]]


def _renames(step: Step, steps: Mapping[StepId, Step], new: str) -> _Renames:
    """Patterns for each way to name a step in a text. `$${` is matched too, so that it can be left alone."""
    old = re.escape(step.id)
    found = [
        (re.compile(rf"(\$\$\{{)|(?P<before>\$\{{\s*steps\.){old}(?=\.)"), new),
        (re.compile(rf"(\$\$\{{)|(?P<before>^\$\.){old}(?=[.\[]|$)"), new),
    ]
    parent = steps.get(step.parent) if step.parent else None
    if isinstance(parent, ParallelStep):
        around = re.escape(parent.id)
        found += [
            (re.compile(rf"(\$\$\{{)|(?P<before>\$\{{\s*steps\.{around}\.output\.){old}(?=[.\[\s}}])"), new),
            (re.compile(rf"(\$\$\{{)|(?P<before>^\$\.{around}\.){old}(?=[.\[]|$)"), new),
        ]
    return found


def _rewritten(value: Any, renames: _Renames) -> Any:
    if isinstance(value, str):
        return _renamed(value, renames)
    if isinstance(value, dict):
        return {key: _rewritten(inner, renames) for key, inner in value.items()}
    return [_rewritten(inner, renames) for inner in value] if isinstance(value, list) else value


def _renamed(text: str, renames: _Renames) -> str:
    for pattern, new in renames:
        text = pattern.sub(partial(_new_name, new), text)
    return text


def _new_name(new: str, match: re.Match[str]) -> str:
    return match[1] or f"{match['before']}{new}"


def _rename_in_step(step: dict[str, Any], old: str, new: str) -> None:
    for key in ("id", "parent"):
        if step.get(key) == old:
            step[key] = new
    config = step.get("config", {})
    if step["type"] == "approval" and config.get("revise") == old:
        config["revise"] = new
