"""A definition as a nested list: every step with what comes before it, where it goes on, and what lies in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workflows.drafting.cards import KINDS
from workflows.graph import Graph
from workflows.picture import port_labels, subtitle
from workflows.schema import CONTAINER_TYPES, Definition, Edge, Step, StepId
from workflows.validation.findings import Finding


@dataclass(frozen=True, slots=True)
class Way:
    """One way on from a step. An implied one is that of a sequence, which nobody drew."""

    port: str
    label: str
    target: StepId
    title: str
    is_implied: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A step in the list. `label` is its port's only where a step may end in several ways."""

    id: StepId
    kind: str
    kind_name: str
    title: str
    subtitle: str
    level: int
    ways: tuple[Way, ...]
    comes_after: tuple[str, ...]
    loose_ends: tuple[str, ...]
    """Ways on that lead nowhere, of a step of which another way leads somewhere."""
    findings: tuple[Finding, ...]
    children: tuple["Entry", ...]
    is_container: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be done with one step: pairs of a value and what it is called."""

    ports: tuple[tuple[str, str], ...]
    targets: tuple[tuple[StepId, str], ...]
    containers: tuple[tuple[str, str], ...]
    used_ports: frozenset[str]
    can_go_up: bool
    can_go_down: bool
    can_go_out: bool


def outline(definition: Definition, findings: Iterable[Finding] = ()) -> tuple[Entry, ...]:
    """Return the steps at the top, each with those inside it. Steps whose container is missing are at the top."""
    told: dict[StepId, list[Finding]] = {}
    for one in findings:
        if one.step_id is not None:
            told.setdefault(one.step_id, []).append(one)
    graph = Graph.of(definition)
    listing = _Listing(graph, told, frozenset(definition.edges))
    lost = (one for one in graph.steps if one not in listing.seen)
    return (*listing.entries(graph.children(None), 0), *listing.entries(lost, 0))


def choices(definition: Definition, step_id: StepId) -> Choices:
    """Return what may be done with a step. Raises KeyError for one that is not there."""
    graph = Graph.of(definition)
    step, siblings = graph.step(step_id), graph.children(graph.parent(step_id))
    before = graph.upstream(step_id)
    own = {step_id, *graph.inside(step_id)}
    at = siblings.index(step_id)
    containers = [one for one in graph.steps.values() if one.type in CONTAINER_TYPES and one.id not in own]
    return Choices(
        ports=tuple((port, label) for port, label in port_labels(step).items()),
        targets=tuple((one, graph.step(one).title) for one in siblings if one not in {*before, step_id}),
        containers=tuple((one.id, one.title) for one in containers if one.id != step.parent),
        used_ports=frozenset(edge.port for edge in graph.outgoing(step_id)),
        can_go_up=at > 0,
        can_go_down=at < len(siblings) - 1,
        can_go_out=step.parent is not None,
    )


@dataclass(frozen=True, slots=True)
class _Listing:
    """The list while it is written. No step stands in it twice, also where containers lie in one another."""

    graph: Graph
    told: Mapping[StepId, Sequence[Finding]]
    drawn: frozenset[Edge]
    seen: set[StepId] = field(default_factory=set)

    def entries(self, steps: Iterable[StepId], level: int) -> Iterable[Entry]:
        """Yield steps with all that lies in them."""
        for one in steps:
            if one not in self.seen:
                self.seen.add(one)
                inner = tuple(self.entries(self.graph.children(one), level + 1))
                yield self._entry(self.graph.step(one), level, inner)

    def _entry(self, step: Step, level: int, inner: tuple[Entry, ...]) -> Entry:
        labels, outgoing = port_labels(step), self.graph.outgoing(step.id)
        used = {edge.port for edge in outgoing}
        several = len(labels) > 1
        loose = tuple(label for port, label in labels.items() if port not in used)
        before = (self.graph.step(edge.source).title for edge in self.graph.incoming(step.id))
        return Entry(
            id=step.id,
            kind=step.type,
            kind_name=KINDS[step.type][0],
            title=step.title,
            subtitle=subtitle(step),
            level=level,
            ways=tuple(self._way(edge, labels if several else {}) for edge in outgoing),
            comes_after=tuple(dict.fromkeys(before)),
            loose_ends=loose if several and used else (),
            findings=tuple(self.told.get(step.id, ())),
            children=inner,
            is_container=step.type in CONTAINER_TYPES,
        )

    def _way(self, edge: Edge, labels: Mapping[str, str]) -> Way:
        title = self.graph.step(edge.target).title
        return Way(edge.port, labels.get(edge.port, ""), edge.target, title, edge not in self.drawn)
