"""Circles in a graph: which nodes go round together, and which edges close the circle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

type Nodes = Mapping[str, Sequence[str]]
"""Each node with those to which an edge leads."""


@dataclass(frozen=True, slots=True)
class Circle:
    """Nodes that all lead to one another. Work comes in at `entry`; `closing` edges lead back."""

    entry: str
    nodes: tuple[str, ...]
    closing: frozenset[tuple[str, str]]


def circles(nodes: Nodes, start: str = "") -> list[Circle]:
    """Return the circles of a graph, in the order of their nodes; `start` is where it begins, if said."""
    reach = {node: _reached(nodes, node) for node in nodes}
    found: list[Circle] = []
    seen: set[str] = set()
    for node in nodes:
        if node not in seen and node in reach[node]:
            round_ = tuple(one for one in nodes if one in reach[node] and node in reach[one])
            seen.update(round_)
            found.append(_circle(nodes, round_, start))
    return found


def _circle(nodes: Nodes, members: tuple[str, ...], start: str) -> Circle:
    outside = {target for node, targets in nodes.items() if node not in members for target in targets}
    doors = [one for one in members if one == start or one in outside]
    entry = doors[0] if doors else members[0]
    return Circle(entry, members, frozenset(_closing(nodes, members, entry)))


def _closing(nodes: Nodes, members: tuple[str, ...], entry: str) -> set[tuple[str, str]]:
    """The edges that lead back to a node on the way to them, walking from the entry."""
    closing: set[tuple[str, str]] = set()
    done: set[str] = set()
    way: dict[str, None] = {}
    waiting = [(entry, False)]
    while waiting:
        node, leaving = waiting.pop()
        if leaving:
            way.pop(node, None)
            done.add(node)
        elif node not in done and node not in way:
            way[node] = None
            waiting.append((node, True))
            inner = [target for target in nodes[node] if target in members]
            closing |= {(node, target) for target in inner if target in way}
            waiting += [(target, False) for target in reversed(inner) if target not in way]
    return closing


def _reached(nodes: Nodes, start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for target in nodes[waiting.pop()]:
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached
