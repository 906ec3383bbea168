"""Where steps lie once a hand has touched them. Pure.

A level whose positions are all zero is laid out by the picture. Before a step of such a level is placed by hand, the
others are given the places where they are seen, so that none jumps.
"""

from collections.abc import Iterable

from workflows.graph import Graph
from workflows.picture import FRAME_HEAD, INSIDE, MARGIN, picture
from workflows.schema import Definition, Position, Step, StepId

STEP_BESIDE = 308.0
"""From one card's left side to the next one's: a card and a gap."""


def seen_places(definition: Definition) -> dict[StepId, tuple[float, float]]:
    """Where every step is seen, relative to the inside of the container around it."""
    cards = {card.id: card for card in picture(definition, all_ports=True).cards}
    found: dict[StepId, tuple[float, float]] = {}
    for step in definition.steps:
        around = cards.get(step.parent) if step.parent else None
        left, top = (around.x + INSIDE, around.y + FRAME_HEAD + INSIDE / 2) if around else (MARGIN, MARGIN)
        if step.id in cards:
            found[step.id] = (round(cards[step.id].x - left), round(cards[step.id].y - top))
    return found


def unplaced_levels(graph: Graph) -> set[StepId | None]:
    """The levels whose steps nobody placed: the picture arranges them."""
    return {
        parent
        for parent in graph.levels()
        if not any(_is_placed(graph.step(one)) for one in graph.children(parent))
    }


def _is_placed(step: Step) -> bool:
    return bool(step.position.x or step.position.y)


def settled(definition: Definition) -> Definition:
    """Give each step of a level that nobody placed yet the place where it is seen."""
    graph = Graph.of(definition)
    unplaced = unplaced_levels(graph)
    if not unplaced:
        return definition
    seen = seen_places(definition)
    return _placed(definition, (step for step in definition.steps if step.parent in unplaced), seen)


def laid_out(definition: Definition, parent: StepId | None = None) -> Definition:
    """Arrange a container's steps, or all of them, from left to right."""
    graph = Graph.of(definition)
    chosen = set(graph.steps) if parent is None else set(graph.inside(parent))
    lost = definition.model_copy(
        update={
            "steps": tuple(
                step.model_copy(update={"position": Position()}) if step.id in chosen else step
                for step in definition.steps
            )
        }
    )
    return _placed(lost, (step for step in lost.steps if step.id in chosen), seen_places(lost))


def free_place(definition: Definition, after: StepId) -> tuple[float, float]:
    """A place to the right of a step, below whatever lies there already."""
    graph = Graph.of(definition)
    step = graph.steps[after]
    taken = [graph.steps[one].position for one in graph.children(step.parent)]
    x, y = step.position.x + STEP_BESIDE, step.position.y
    while any(abs(one.x - x) < STEP_BESIDE - 60 and abs(one.y - y) < 80 for one in taken):
        y += 110
    return x, y


def _placed(
    definition: Definition, steps: Iterable[Step], places: dict[StepId, tuple[float, float]]
) -> Definition:
    chosen = {step.id for step in steps} & set(places)
    moved = tuple(
        step.model_copy(update={"position": Position(x=places[step.id][0], y=places[step.id][1])})
        if step.id in chosen
        else step
        for step in definition.steps
    )
    return definition.model_copy(update={"steps": moved})
