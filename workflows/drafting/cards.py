"""What a card on the canvas shows. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from workflows.drafting.placing import seen_places, unplaced_levels
from workflows.graph import Graph
from workflows.picture import SUBTITLE_CHARACTERS, TITLE_CHARACTERS, cut, port_labels, row_ports, subtitle
from workflows.schema import CONTAINER_TYPES, AgentStep, Definition, Step, StepId


@dataclass(frozen=True, slots=True)
class Face:
    """How an agent is shown: its name, icon and category."""

    name: str
    icon: str
    category: str


type Faces = Mapping[str, Face]


@dataclass(frozen=True, slots=True)
class EditorCard:
    """A step as a card on the canvas. `rows` are its ports with their labels, none when it can only end."""

    id: StepId
    kind: str
    title: str
    subtitle: str
    face: Face | None
    rows: tuple[tuple[str, str], ...]
    port: str
    """The usual way out."""
    is_frame: bool
    parent: StepId | None
    x: float
    y: float
    has_notes: bool = False

    @property
    def short_title(self) -> str:
        """Its title as far as there is room."""
        return cut(self.title, TITLE_CHARACTERS)

    @property
    def short_subtitle(self) -> str:
        """What stands below the title as far as there is room."""
        return cut(self.subtitle, SUBTITLE_CHARACTERS)

    @property
    def short_rows(self) -> list[tuple[str, str]]:
        """Its ports with their labels as far as there is room."""
        return [(name, cut(label, SUBTITLE_CHARACTERS)) for name, label in self.rows]

    @property
    def rows_json(self) -> str:
        """Its rows as an attribute holds them."""
        return json.dumps(self.rows, ensure_ascii=False)


KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "agent": ("Agent", "Does a piece of work"),
    "team": ("Team", "Several agents talk it over"),
    "tool": ("Tool", "Calls a tool, without a model"),
    "workflow": ("Workflow", "Runs another workflow"),
    "transform": ("Transform", "Reshapes data, without a model"),
    "condition": ("Condition", "Goes one way or another"),
    "approval": ("Approval", "A person decides"),
    "input": ("Form", "A person fills in a form"),
    "parallel": ("Parallel", "Its steps start at once"),
    "sequential": ("Sequence", "Its steps run one after another"),
    "loop": ("Loop", "Repeats what is in it"),
    "wait": ("Wait", "For a time or an event"),
}
"""Every step type as people call it, and what it does; in the order of the palette."""


def cards_of(definition: Definition, faces: Faces, only: frozenset[StepId] | None = None) -> list[EditorCard]:
    """Return the cards of a definition, or of some of its steps; containers before what lies in them."""
    graph = Graph.of(definition)
    unplaced = unplaced_levels(graph)
    seen = seen_places(definition) if unplaced else {}
    chosen = [step for step in graph.steps.values() if only is None or step.id in only]
    found = []
    for step in chosen:
        place = seen.get(step.id) if step.parent in unplaced else None
        found.append(_card(step, graph, faces, place or (step.position.x, step.position.y)))
    return sorted(found, key=lambda card: graph.level(card.id) if card.is_frame else 99)


def _card(step: Step, graph: Graph, faces: Faces, place: tuple[float, float]) -> EditorCard:
    labels = port_labels(step)
    rows = tuple((name, labels[name]) for name in row_ports(step, graph, all_ports=True))
    face = _face(step, faces)
    return EditorCard(
        id=step.id,
        kind=step.type,
        title=step.title,
        subtitle=face.name if face else subtitle(step),
        face=face,
        rows=rows,
        port=next(iter(labels)),
        is_frame=step.type in CONTAINER_TYPES,
        parent=step.parent if step.parent in graph.steps else None,
        x=place[0],
        y=place[1],
        has_notes=bool(step.notes),
    )


def _face(step: Step, faces: Faces) -> Face | None:
    return faces.get(step.config.agent or "") if isinstance(step, AgentStep) else None
