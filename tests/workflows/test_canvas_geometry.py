"""The picture and the canvas draw alike: both are held to one fixture, which tests/js/geometry.test.js reads too."""

import json
from pathlib import Path
from typing import Any

import pytest

from workflows import templates
from workflows.drafting.cards import cards_of
from workflows.picture import MARGIN, picture
from workflows.schema import Definition, parse_definition

FIXTURE = Path(__file__).parents[1] / "js" / "fixtures" / "geometry.json"
NESTED: dict[str, Any] = {
    "steps": [
        {"id": "first", "type": "agent", "position": {"x": 10, "y": 40}, "config": {"agent": "writer"}},
        {"id": "empty", "type": "parallel", "position": {"x": 320, "y": -30}},
        {"id": "outer", "type": "sequential", "position": {"x": 620, "y": 15}},
        {
            "id": "loop",
            "type": "loop",
            "parent": "outer",
            "position": {"x": -40, "y": 12},
            "on_error": {"action": "port"},
            "config": {"items": []},
        },
        {
            "id": "ask",
            "type": "approval",
            "parent": "loop",
            "position": {"x": 7, "y": 9},
            "config": {"title": "?"},
        },
        {
            "id": "wait",
            "type": "wait",
            "parent": "loop",
            "position": {"x": 330, "y": 120},
            "config": {"seconds": 1},
        },
        {
            "id": "after",
            "type": "transform",
            "parent": "outer",
            "position": {"x": 900, "y": 3},
            "config": {"value": 1},
        },
    ],
    "edges": [
        {"source": "first", "target": "empty"},
        {"source": "empty", "target": "outer"},
        {"source": "ask", "port": "rejected", "target": "wait"},
        {"source": "loop", "port": "error", "target": "after"},
    ],
}


def definitions() -> dict[str, Definition]:
    chosen = ("strategic-analysis", "data-analysis-pipeline", "market-entry")
    ready = {slug: templates.template(slug).definition for slug in chosen}
    return {"nested": parse_definition(NESTED), **ready}


def case(name: str, definition: Definition) -> dict[str, Any]:
    """What both sides must agree on: a step's rectangle on the canvas, and every drawn line."""
    drawn = picture(definition, all_ports=True)
    left, top = _origin(definition)
    cards = {card.id: card for card in cards_of(definition, {})}
    rects = {
        card.id: {
            "x": card.x - left,
            "y": card.y - top,
            "width": card.width,
            "height": card.height,
        }
        for card in drawn.cards
    }
    steps = [
        {
            "id": card.id,
            "parent": card.parent,
            "x": card.x,
            "y": card.y,
            "rows": [list(row) for row in card.rows],
            "isFrame": card.is_frame,
        }
        for card in cards.values()
    ]
    return {"name": name, "steps": steps, "rects": rects, "lines": _lines(definition, left, top)}


def _origin(definition: Definition) -> tuple[float, float]:
    """The picture begins at its first step; the canvas where the author put it."""
    roots = [card for card in cards_of(definition, {}) if card.parent is None]
    return MARGIN - min(card.x for card in roots), MARGIN - min(card.y for card in roots)


def _lines(definition: Definition, left: float, top: float) -> list[dict[str, Any]]:
    from workflows.picture import curve

    drawn = picture(definition, all_ports=True)
    by_id = {card.id: card for card in drawn.cards}
    found = []
    for line in drawn.lines:
        x1, y1 = by_id[line.source].exit(line.port)
        target = by_id[line.target]
        path = curve(x1 - left, y1 - top, target.x - left, target.entry_y - top)
        found.append({"source": line.source, "port": line.port, "target": line.target, "path": path})
    return found


@pytest.mark.parametrize("name", ["nested", "strategic-analysis", "data-analysis-pipeline", "market-entry"])
def test_the_fixture_that_the_canvas_is_held_to_is_what_the_picture_draws(name: str) -> None:
    expected = {one["name"]: one for one in json.loads(FIXTURE.read_text(encoding="utf-8"))}
    assert json.loads(json.dumps(case(name, definitions()[name]))) == expected[name]


if __name__ == "__main__":
    made = [case(name, definition) for name, definition in definitions().items()]
    FIXTURE.write_text(json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
