"""The picture of a definition: where cards, ports and lines lie. Pure.

Cards have a fixed width and fixed row heights, so every port is arithmetic. The canvas uses the same numbers; keep
them in step with `geometry` there. A step's position is the top left corner of its card, in pixels, relative to the
inside of the container around it. A level whose positions are all zero is laid out here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from workflows.graph import DONE, Graph, ports_of
from workflows.layout import arrange
from workflows.schema import (
    CONTAINER_TYPES,
    AgentStep,
    ApprovalStep,
    ConditionStep,
    Definition,
    Edge,
    InputStep,
    LoopStep,
    Step,
    TeamStep,
    ToolStep,
    WaitStep,
    WorkflowStep,
)

CARD_WIDTH: Final = 232
HEAD_HEIGHT: Final = 60
ROW_HEIGHT: Final = 26
ROWS_PADDING: Final = 8
GAP_X: Final = 76
GAP_Y: Final = 30
INSIDE: Final = 24
"""Padding inside a container; its header lies above."""
FRAME_HEAD: Final = 52
MARGIN: Final = 20
COMFORTABLE_WIDTH: Final = 1040
LEAST_SCALE: Final = 0.74
TITLE_CHARACTERS: Final = 22
SUBTITLE_CHARACTERS: Final = 28


@dataclass(frozen=True, slots=True)
class Port:
    """A way out of a step: its label, and where its dot lies."""

    name: str
    label: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Card:
    """A step as drawn. Containers are drawn as a frame around their steps."""

    id: str
    kind: str
    title: str
    subtitle: str
    x: float
    y: float
    width: float
    height: float
    rows: tuple[Port, ...] = ()
    is_frame: bool = False
    full_title: str = ""

    @property
    def entry_y(self) -> float:
        """Height at which lines arrive."""
        return self.y + (FRAME_HEAD if self.is_frame else HEAD_HEIGHT) / 2

    @property
    def right(self) -> float:
        """Right side of the card."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Lower side of the card."""
        return self.y + self.height

    def exit(self, port: str) -> tuple[float, float]:
        """Return where lines leave by a port."""
        row = next((one for one in self.rows if one.name == port), None)
        return (row.x, row.y) if row else (self.right, self.entry_y)


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as drawn."""

    source: str
    target: str
    port: str
    path: str


@dataclass(frozen=True, slots=True)
class Picture:
    """All that a template needs to draw a definition; frames come before the cards inside them."""

    width: float
    height: float
    cards: tuple[Card, ...] = ()
    lines: tuple[Line, ...] = ()
    revisions: tuple[Line, ...] = field(default=())
    """The ways back that approvals may take; drawn dashed."""

    @property
    def scale(self) -> float:
        """How large it is shown: a wide picture smaller, but never so small that it cannot be read."""
        return max(LEAST_SCALE, min(1.0, COMFORTABLE_WIDTH / self.width)) if self.width else 1.0

    @property
    def shown_width(self) -> int:
        """Width on the page, in pixels."""
        return round(self.width * self.scale)

    @property
    def shown_height(self) -> int:
        """Height on the page, in pixels."""
        return round(self.height * self.scale)


def picture(definition: Definition, *, all_ports: bool = False) -> Picture:
    """Return the picture of a definition, also of a faulty draft. The canvas shows ports that nothing uses yet too."""
    graph = Graph.of(definition)
    cards = tuple(_Placing(graph, all_ports=all_ports).level(None, MARGIN, MARGIN))
    by_id = {card.id: card for card in cards}
    lines = tuple(_line(edge, by_id) for edge in graph.edges if edge.source in by_id and edge.target in by_id)
    width = max((card.right for card in cards), default=0) + MARGIN
    height = max((card.bottom for card in cards), default=0) + MARGIN
    revisions = tuple(_revisions(graph, by_id))
    return Picture(width, height + (34 if revisions else 0), cards, lines, revisions)


def curve(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return the path of a line between two ports: level at both ends."""
    reach = max(36.0, abs(x2 - x1) / 2) if x2 >= x1 else 90.0
    return f"M{x1:g} {y1:g}C{x1 + reach:g} {y1:g} {x2 - reach:g} {y2:g} {x2:g} {y2:g}"


def row_ports(step: Step, graph: Graph, *, all_ports: bool = False) -> tuple[str, ...]:
    """Return the ports that a card shows as rows: none when all that a step can do is end."""
    ports = graph.ports(step.id)
    if all_ports:
        return () if ports == (DONE,) else ports
    used = {edge.port for edge in graph.outgoing(step.id)}
    if isinstance(step, InputStep | WaitStep) and used <= {ports[0]}:
        return ()
    if isinstance(step, ApprovalStep):
        return tuple(port for port in ports if port != "timeout" or port in used)
    return () if ports == (DONE,) else ports


class _Placing:
    """Places one level after another, the inside of a container before the container."""

    def __init__(self, graph: Graph, *, all_ports: bool) -> None:
        self.graph = graph
        self.all_ports = all_ports
        self.inner: dict[str, list[Card]] = {}
        self.open: set[str | None] = set()

    def level(self, parent: str | None, left: float, top: float) -> Iterable[Card]:
        """Return the cards of a level with everything inside them."""
        steps = [self.graph.step(one) for one in self.graph.children(parent)]
        self.open.add(parent)
        sizes = {step.id: self._size(step) for step in steps}
        places = self._places(steps, sizes, parent)
        for step in steps:
            x, y = places[step.id]
            yield self._card(step, left + x, top + y, *sizes[step.id])
            yield from _moved(
                self.inner.get(step.id, ()), left + x + INSIDE, top + y + FRAME_HEAD + INSIDE / 2
            )

    def _size(self, step: Step) -> tuple[float, float]:
        if step.type not in CONTAINER_TYPES or step.id in self.open:
            rows = len(self._rows(step))
            return CARD_WIDTH, HEAD_HEIGHT + (rows * ROW_HEIGHT + ROWS_PADDING if rows else 0)
        inner = self.inner[step.id] = list(self.level(step.id, 0, 0))
        width = max((card.right for card in inner), default=CARD_WIDTH - 2 * INSIDE) + 2 * INSIDE
        height = max((card.bottom for card in inner), default=40) + FRAME_HEAD + INSIDE * 1.5
        return width, height

    def _rows(self, step: Step) -> tuple[str, ...]:
        return row_ports(step, self.graph, all_ports=self.all_ports)

    def _places(
        self, steps: Sequence[Step], sizes: Mapping[str, tuple[float, float]], parent: str | None
    ) -> dict[str, tuple[float, float]]:
        if any(step.position.x or step.position.y for step in steps):
            left = min(step.position.x for step in steps)
            top = min(step.position.y for step in steps)
            return {step.id: (step.position.x - left, step.position.y - top) for step in steps}
        edges = {
            (edge.source, edge.target): _rank(self._rows(one), edge.port)
            for one in steps
            for edge in self.graph.outgoing(one.id)
        }
        return arrange([step.id for step in steps], edges, sizes, gap_x=GAP_X, gap_y=GAP_Y)

    def _card(self, step: Step, x: float, y: float, width: float, height: float) -> Card:
        labels = port_labels(step)
        rows = tuple(
            Port(
                name,
                labels[name],
                x + width,
                y + HEAD_HEIGHT + ROW_HEIGHT * (n + 0.5),
            )
            for n, name in enumerate(self._rows(step))
        )
        frame = step.type in CONTAINER_TYPES
        title, below = cut(step.title, TITLE_CHARACTERS), cut(subtitle(step), SUBTITLE_CHARACTERS)
        return Card(step.id, step.type, title, below, x, y, width, height, rows, frame, step.title)


def _rank(rows: Sequence[str], port: str) -> float:
    """How far down on its card a line leaves, so that lines of one card do not cross."""
    return rows.index(port) / (len(rows) + 1) if port in rows else 0.0


def _moved(cards: Iterable[Card], x: float, y: float) -> Iterable[Card]:
    for card in cards:
        rows = tuple(replace(row, x=row.x + x, y=row.y + y) for row in card.rows)
        yield replace(card, x=card.x + x, y=card.y + y, rows=rows)


def _line(edge: Edge, cards: Mapping[str, Card]) -> Line:
    target = cards[edge.target]
    path = curve(*cards[edge.source].exit(edge.port), target.x, target.entry_y)
    return Line(edge.source, edge.target, edge.port, path)


def _revisions(graph: Graph, cards: Mapping[str, Card]) -> Iterable[Line]:
    for step in graph.steps.values():
        if isinstance(step, ApprovalStep) and step.config.revise in cards and step.id in cards:
            gate, back = cards[step.id], cards[str(step.config.revise)]
            low = max(card.bottom for card in cards.values() if back.x <= card.x <= gate.x) + 20
            x1, x2, turn = gate.x + gate.width / 2, back.x + back.width / 2, 12
            path = (
                f"M{x1:g} {gate.bottom:g}V{low - turn:g}q0 {turn} -{turn} {turn}"
                f"H{x2 + turn:g}q-{turn} 0 -{turn} -{turn}V{back.bottom:g}"
            )
            yield Line(step.id, back.id, "revise", path)


def port_labels(step: Step) -> dict[str, str]:
    """Return what each port of a step is called."""
    named = {"error": "on error"}
    if isinstance(step, ConditionStep):
        named |= {"else": "otherwise"} | {one.port: one.label for one in step.config.branches if one.label}
    else:
        named["timeout"] = "no answer in time"
    if isinstance(step, ApprovalStep):
        named |= {one.id: one.label for one in step.config.answers if one.label}
    return {port: named.get(port, port.replace("_", " ")) for port in ports_of(step)}


def subtitle(step: Step) -> str:
    """Return what a step does, in a few words."""
    match step:
        case AgentStep():
            return _words(step.config.agent or step.config.capability or "agent")
        case TeamStep():
            return f"{len(step.config.members)} agents, {step.config.mode.replace('_', ' ')}"
        case ToolStep():
            return _words(step.config.tool)
        case LoopStep():
            how = "for each item" if step.config.mode == "for_each" else f"{step.config.mode} a condition"
            return f"{how}, {step.config.concurrency} at once" if step.config.concurrency > 1 else how
        case ApprovalStep():
            return _people(step.config.approvers) or "Approval"
        case InputStep():
            return _people(step.config.assignees) or "Form"
        case WorkflowStep():
            return _words(step.config.workflow)
        case _:
            return _KINDS.get(step.type, step.type)


_KINDS = {
    "condition": "choice",
    "parallel": "all at once",
    "sequential": "one after another",
    "transform": "reshape data",
    "wait": "wait",
}


def _people(asked: tuple[str, ...]) -> str:
    """Names as they are; who is computed cannot be known yet."""
    names = ("computed" if "${" in one else one.partition(":")[2] for one in asked)
    return _words(", ".join(dict.fromkeys(names)))


def _words(slug: str) -> str:
    words = slug.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def cut(text: str, most: int) -> str:
    """Return a text as far as there is room."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
