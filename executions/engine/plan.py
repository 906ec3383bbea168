"""A definition made ready for deciding: its graph, and what the engine asks of it again and again."""

from dataclasses import dataclass
from functools import cached_property

from workflows.graph import Graph, onward_ports
from workflows.schema import CONTAINER_TYPES, Definition, Edge, Step

type Container = str | None
"""The id of a container, standing for its inside; None is the top level."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A valid definition with its graph."""

    definition: Definition
    graph: Graph

    @cached_property
    def steps(self) -> dict[str, Step]:
        """Every step by id."""
        return dict(self.graph.steps)

    @cached_property
    def children(self) -> dict[Container, tuple[str, ...]]:
        """The steps of each container in the order of the document."""
        return {container: self.graph.children(container) for container in self._containers}

    @cached_property
    def roots(self) -> dict[Container, tuple[str, ...]]:
        """The steps of each container that wait for no other."""
        return {container: self.graph.roots(container) for container in self._containers}

    @cached_property
    def leaves(self) -> dict[Container, tuple[str, ...]]:
        """The steps of each container that no other waits for."""
        return {container: self.graph.terminals(container) for container in self._containers}

    @cached_property
    def incoming(self) -> dict[str, tuple[Edge, ...]]:
        """The edges that lead to each step."""
        return {step_id: self.graph.incoming(step_id) for step_id in self.steps}

    @cached_property
    def outgoing(self) -> dict[str, tuple[Edge, ...]]:
        """The edges that leave each step."""
        return {step_id: self.graph.outgoing(step_id) for step_id in self.steps}

    @cached_property
    def position(self) -> dict[str, int]:
        """Where each step stands in the document."""
        return {step_id: number for number, step_id in enumerate(self.steps)}

    @cached_property
    def ancestors(self) -> dict[str, tuple[str, ...]]:
        """The containers around each step, outermost first."""
        return {step_id: tuple(reversed(self.graph.ancestors(step_id))) for step_id in self.steps}

    def leads_on(self, step_id: str, port: str) -> bool:
        """Whether an edge leaves this port."""
        return bool(self.graph.outgoing(step_id, port))

    def in_order(self, step_ids: frozenset[str]) -> list[str]:
        """These steps in the order of the document."""
        return sorted(step_ids, key=self.position.__getitem__)

    def way_on(self, step_id: str) -> str:
        """The port on which a step goes on when nothing else is said; of a condition, the last: `else`."""
        return onward_ports(self.steps[step_id])[-1]

    @property
    def _containers(self) -> list[Container]:
        return [None, *(step.id for step in self.definition.steps if step.type in CONTAINER_TYPES)]


def compile_plan(definition: Definition) -> Plan:
    """Make a valid definition ready; keep the result with its version."""
    return Plan(definition, Graph.of(definition))
