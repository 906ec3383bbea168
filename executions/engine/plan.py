"""A definition made ready for deciding: steps, edges and containers by what the engine asks for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

from workflows.schema import CONTAINER_TYPES, Definition, SequentialStep, Step

ANY_PORT = "*"
"""An edge that is live on whatever port its source ended (the implied chain of a sequential container)."""

MAIN_PORTS = {"approval": "approved", "input": "submitted", "condition": ANY_PORT}
"""Where a step goes on when nothing else is said; all other types: `done`."""


class Link(NamedTuple):
    """An edge between two steps of one container."""

    source: str
    port: str
    target: str


@dataclass(frozen=True)
class Plan:
    """What `compile_plan` found. Container ids stand for their inside; None is the top level."""

    definition: Definition
    steps: dict[str, Step]
    children: dict[str | None, tuple[str, ...]]
    incoming: dict[str, tuple[Link, ...]]
    outgoing: dict[str, tuple[Link, ...]]
    position: dict[str, int]
    _validators: dict[str, Validator] = field(default_factory=dict, repr=False)

    @cached_property
    def roots(self) -> dict[str | None, tuple[str, ...]]:
        """The steps of each container that wait for no other."""
        return {c: tuple(i for i in ids if not self.incoming[i]) for c, ids in self.children.items()}

    @cached_property
    def leaves(self) -> dict[str | None, tuple[str, ...]]:
        """The steps of each container that no other waits for."""
        return {c: tuple(i for i in ids if not self.outgoing[i]) for c, ids in self.children.items()}

    @cached_property
    def ancestors(self) -> dict[str, tuple[str, ...]]:
        """The containers around each step, outermost first."""
        return {step_id: tuple(reversed(list(self._upwards(step_id)))) for step_id in self.steps}

    def leads_on(self, step_id: str, port: str) -> bool:
        """Whether an edge leaves this port."""
        return any(link.port in (port, ANY_PORT) for link in self.outgoing[step_id])

    def after(self, step_id: str) -> set[str]:
        """All steps of the same container that come after this one."""
        return _reach(step_id, {i: [link.target for link in links] for i, links in self.outgoing.items()})

    def before(self, step_id: str) -> set[str]:
        """All steps of the same container that come before this one."""
        return _reach(step_id, {i: [link.source for link in links] for i, links in self.incoming.items()})

    def validator(self, step_id: str) -> Validator | None:
        """The checker of a step's declared output schema, kept."""
        schema = self.steps[step_id].output_schema
        if not schema:
            return None
        if step_id not in self._validators:
            self._validators[step_id] = Draft202012Validator(schema)
        return self._validators[step_id]

    def _upwards(self, step_id: str) -> Iterable[str]:
        parent = self.steps[step_id].parent
        while parent is not None:
            yield parent
            parent = self.steps[parent].parent


def compile_plan(definition: Definition) -> Plan:
    """Make a valid definition ready. Costs time in its size; keep the result."""
    steps: dict[str, Step] = {step.id: step for step in definition.steps}
    children = _children(definition)
    links = list(dict.fromkeys(Link(e.source, e.port, e.target) for e in definition.edges))
    links += [link for step in definition.steps for link in _implied(step, children, links, steps)]
    return Plan(
        definition=definition,
        steps=steps,
        children=children,
        incoming=_grouped(steps, links, 2),
        outgoing=_grouped(steps, links, 0),
        position={step.id: number for number, step in enumerate(definition.steps)},
    )


def _children(definition: Definition) -> dict[str | None, tuple[str, ...]]:
    found: dict[str | None, list[str]] = {None: []}
    found |= {step.id: [] for step in definition.steps if step.type in CONTAINER_TYPES}
    for step in definition.steps:
        found[step.parent].append(step.id)
    return {container: tuple(ids) for container, ids in found.items()}


def _implied(
    step: Step, children: dict[str | None, tuple[str, ...]], links: list[Link], steps: dict[str, Step]
) -> list[Link]:
    """The chain in the order of the document that a sequential container without edges inside means."""
    if not isinstance(step, SequentialStep):
        return []
    inside = children[step.id]
    if any(link.source in inside for link in links):
        return []
    return [Link(one, MAIN_PORTS.get(steps[one].type, "done"), two) for one, two in pairwise(inside)]


def _grouped(steps: dict[str, Step], links: list[Link], end: int) -> dict[str, tuple[Link, ...]]:
    found: dict[str, list[Link]] = {step_id: [] for step_id in steps}
    for link in links:
        found[link[end]].append(link)
    return {step_id: tuple(group) for step_id, group in found.items()}


def _reach(start: str, neighbours: dict[str, list[str]]) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        for step_id in neighbours[todo.pop()]:
            if step_id not in seen:
                seen.add(step_id)
                todo.append(step_id)
    return seen
