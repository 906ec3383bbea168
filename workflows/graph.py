"""Questions about a definition's graph, answered with sets and dicts. Pure; built in linear time.

A graph can be made of any definition, also of a faulty draft: edges that join nothing or cross containers are
left out of it (`strays`), and a step id that occurs twice means the last step of that id.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from workflows.schema import (
    CONTAINER_TYPES,
    ApprovalStep,
    ConditionStep,
    Definition,
    Edge,
    InputStep,
    LoopStep,
    OnErrorPort,
    SequentialStep,
    Step,
    StepBase,
    StepId,
    WaitStep,
)

ELSE: Final = "else"
ERROR: Final = "error"
DONE: Final = "done"
TIMEOUT: Final = "timeout"

MAX_LEVELS: Final = 8
"""How deep containers may be nested in each other."""
MAX_PATH: Final = 500
"""Characters of a step's path in a run, as the columns `path` of a run's records hold them."""
LONGEST_NUMBER: Final = len("[99999]")
"""What a path has for each loop: the number of the last round that a loop may have."""


def ports_of(step: Step) -> tuple[str, ...]:
    """The ports that a step may end on, the usual one first."""
    ports = _own_ports(step)
    return (*ports, ERROR) if isinstance(step.on_error, OnErrorPort) else ports


def onward_ports(step: Step) -> tuple[str, ...]:
    """The ports on which work simply goes on: what "after this step" means where no port is named."""
    ports = _own_ports(step)
    if isinstance(step, ApprovalStep) and step.config.answers:
        approving = {answer.id for answer in step.config.answers if answer.counts_as == "approve"}
        return tuple(port for port in ports if port in approving) or ports[:1]
    return ports if isinstance(step, ConditionStep) else ports[:1]


def _own_ports(step: Step) -> tuple[str, ...]:
    match step:
        case ConditionStep():
            return (*dict.fromkeys(branch.port for branch in step.config.branches), ELSE)
        case ApprovalStep() if step.config.answers:
            return (*dict.fromkeys(answer.id for answer in step.config.answers), TIMEOUT)
        case ApprovalStep():
            return ("approved", "rejected", TIMEOUT)
        case InputStep():
            return ("submitted", TIMEOUT)
        case WaitStep():
            return (DONE, TIMEOUT)
        case _:
            return (DONE,)


@dataclass(frozen=True, eq=False)
class Graph:
    """The levels of a definition: the top, whose parent is None, and one for every container."""

    steps: Mapping[StepId, Step]
    edges: tuple[Edge, ...]
    """Every edge that counts, those that a sequential container implies included."""
    strays: tuple[Edge, ...]
    """Edges that count for nothing: an end is missing, or the ends lie in different containers."""
    _children: Mapping[StepId | None, tuple[StepId, ...]]
    _incoming: Mapping[StepId, tuple[Edge, ...]]
    _outgoing: Mapping[StepId, tuple[Edge, ...]]

    @classmethod
    def of(cls, definition: Definition) -> "Graph":
        """The graph of a definition."""
        steps = {step.id: step for step in definition.steps}
        children = _grouped((step.parent, step.id) for step in steps.values())
        joined = [edge for edge in dict.fromkeys(definition.edges) if _joins(edge, steps)]
        strays = tuple(edge for edge in definition.edges if not _joins(edge, steps))
        edges = (*joined, *_implied(steps, children, joined))
        incoming = _grouped((edge.target, edge) for edge in edges)
        outgoing = _grouped((edge.source, edge) for edge in edges)
        return cls(steps, edges, strays, children, incoming, outgoing)

    # Reading one step.

    def step(self, step_id: StepId) -> Step:
        """The step of that id. Raises KeyError."""
        return self.steps[step_id]

    def incoming(self, step_id: StepId) -> tuple[Edge, ...]:
        """Edges that lead to a step."""
        return self._incoming.get(step_id, ())

    def outgoing(self, step_id: StepId, port: str | None = None) -> tuple[Edge, ...]:
        """Edges that leave a step, by any port or by one."""
        edges = self._outgoing.get(step_id, ())
        return edges if port is None else tuple(edge for edge in edges if edge.port == port)

    def ports(self, step_id: StepId) -> tuple[str, ...]:
        """The ports that a step may end on, the usual one first."""
        return ports_of(self.steps[step_id])

    def parent(self, step_id: StepId) -> StepId | None:
        """The container around a step; None at the top."""
        return self.steps[step_id].parent

    def ancestors(self, step_id: StepId) -> tuple[StepId, ...]:
        """The containers around a step, the nearest first. Ends also where parents go in a circle."""
        found: dict[StepId, None] = {}
        parent = self.steps[step_id].parent
        while parent is not None and parent in self.steps and parent not in found and parent != step_id:
            found[parent] = None
            parent = self.steps[parent].parent
        return tuple(found)

    def level(self, step_id: StepId) -> int:
        """How many containers lie around a step."""
        return len(self.ancestors(step_id))

    def longest_path(self, step_id: StepId) -> int:
        """How many characters a step's path, or that of a loop's rounds, may have in a run."""
        ids = (step_id, *self.ancestors(step_id))
        loops = sum(isinstance(self.steps[one], LoopStep) for one in ids)
        return sum(map(len, ids)) + len(ids) - 1 + loops * LONGEST_NUMBER

    def enclosing(self, step_id: StepId, kind: type[StepBase]) -> StepId | None:
        """The nearest container of a kind around a step."""
        return next((one for one in self.ancestors(step_id) if isinstance(self.steps[one], kind)), None)

    # Reading a level.

    def children(self, parent: StepId | None = None) -> tuple[StepId, ...]:
        """The steps directly in a container (None: at the top), as the definition lists them."""
        return self._children.get(parent, ())

    def levels(self) -> tuple[StepId | None, ...]:
        """Every parent that has steps, the top first."""
        return (None, *(parent for parent in self._children if parent is not None))

    def roots(self, parent: StepId | None = None) -> tuple[StepId, ...]:
        """The steps of a level that start at once: no edge leads to them."""
        return tuple(one for one in self.children(parent) if not self.incoming(one))

    def terminals(self, parent: StepId | None = None) -> tuple[StepId, ...]:
        """The steps of a level that no edge leaves."""
        return tuple(one for one in self.children(parent) if not self.outgoing(one))

    def order(self, parent: StepId | None = None) -> tuple[StepId, ...]:
        """The steps of a level, each after those before it; without the steps of a cycle and after one."""
        return self._orders.get(parent, ())

    def cycle(self, parent: StepId | None = None) -> tuple[StepId, ...]:
        """The steps of a cycle on a level, the first again at the end; empty when there is none."""
        stuck = set(self.children(parent)) - set(self.order(parent))
        return self._cycle_in(stuck) if stuck else ()

    # Reading what lies before and after.

    def precedes(self, earlier: StepId, later: StepId) -> bool:
        """Whether a step lies before another, in its container or before a container around it."""
        earlier_bit = 1 << self._bits[earlier] if earlier in self._bits else 0
        return any(self._masks[one] & earlier_bit for one in (later, *self.ancestors(later)))

    def upstream(self, step_id: StepId) -> frozenset[StepId]:
        """Every step whose output a step may read: before it, or before a container around it."""
        names, mask = tuple(self.steps), 0
        for one in (step_id, *self.ancestors(step_id)):
            mask |= self._masks[one]
        return frozenset(names[bit] for bit in _bits_of(mask))

    def downstream(self, step_id: StepId) -> frozenset[StepId]:
        """Every step of the same level that comes after a step."""
        return frozenset(self._walk(step_id, forward=True))

    def before(self, step_id: StepId) -> frozenset[StepId]:
        """Every step of the same level that comes before a step."""
        return frozenset(self._walk(step_id, forward=False))

    def between(self, first: StepId, last: StepId) -> frozenset[StepId]:
        """The steps on any path from one step to another of its level, both included; maybe none."""
        if first == last:
            return frozenset({first})
        after, before = self._walk(first, forward=True), self._walk(last, forward=False)
        return frozenset((after & before) | {first, last}) if last in after else frozenset()

    def inside(self, container: StepId) -> frozenset[StepId]:
        """Every step in a container, however deep."""
        found: set[StepId] = set()
        waiting = list(self.children(container))
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting.extend(self.children(one))
        return frozenset(found)

    def reachable(self) -> frozenset[StepId]:
        """Every step that a run can come to: from the roots, along ports that exist, into containers."""
        found: set[StepId] = set()
        waiting = list(self.roots(None))
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting.extend(self._next_from(one))
        return frozenset(found)

    # Inner work.

    def _next_from(self, step_id: StepId) -> Iterator[StepId]:
        step = self.steps[step_id]
        ports = ports_of(step)
        yield from (edge.target for edge in self.outgoing(step_id) if edge.port in ports)
        if step.type in CONTAINER_TYPES:
            yield from self.roots(step_id)

    def _walk(self, start: StepId, *, forward: bool) -> set[StepId]:
        found: set[StepId] = set()
        waiting = [start]
        while waiting:
            one = waiting.pop()
            edges = self.outgoing(one) if forward else self.incoming(one)
            new = {edge.target if forward else edge.source for edge in edges} - found
            found |= new
            waiting.extend(new)
        return found

    def _ordered(self, parent: StepId | None) -> Iterator[StepId]:
        missing = {one: len(self.incoming(one)) for one in self.children(parent)}
        ready = [one for one, count in missing.items() if not count]
        for one in ready:
            yield one
            for edge in self.outgoing(one):
                missing[edge.target] -= 1
                if not missing[edge.target]:
                    ready.append(edge.target)

    def _cycle_in(self, stuck: set[StepId]) -> tuple[StepId, ...]:
        """Every stuck step has a stuck step before it, so going backwards must come round."""
        path: dict[StepId, int] = {}
        one = next(step_id for step_id in self.steps if step_id in stuck)
        while one not in path:
            path[one] = len(path)
            one = next(edge.source for edge in self.incoming(one) if edge.source in stuck)
        backwards = list(path)[path[one] :]
        return (one, *reversed(backwards))

    @cached_property
    def _orders(self) -> dict[StepId | None, tuple[StepId, ...]]:
        return {parent: tuple(self._ordered(parent)) for parent in self.levels()}

    @cached_property
    def _bits(self) -> dict[StepId, int]:
        return {step_id: bit for bit, step_id in enumerate(self.steps)}

    @cached_property
    def _masks(self) -> dict[StepId, int]:
        """For each step the steps before it on its level, one bit each: 2,000 steps stay small and fast."""
        masks = dict.fromkeys(self.steps, 0)
        for order in self._orders.values():
            for one in order:
                for edge in self.incoming(one):
                    masks[one] |= masks[edge.source] | 1 << self._bits[edge.source]
        return masks


def _grouped[K, V](pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    groups: dict[K, list[V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in groups.items()}


def _joins(edge: Edge, steps: Mapping[StepId, Step]) -> bool:
    ends = steps.get(edge.source), steps.get(edge.target)
    return ends[0] is not None and ends[1] is not None and ends[0].parent == ends[1].parent


def _implied(
    steps: Mapping[StepId, Step], children: Mapping[StepId | None, tuple[StepId, ...]], edges: Iterable[Edge]
) -> Iterator[Edge]:
    """The chain of every sequential container in which no edge is drawn."""
    drawn = {steps[edge.source].parent for edge in edges}
    for step in steps.values():
        if isinstance(step, SequentialStep) and step.id not in drawn:
            for before, after in pairwise(children.get(step.id, ())):
                for port in onward_ports(steps[before]):
                    yield Edge(source=before, port=port, target=after)


def _bits_of(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
