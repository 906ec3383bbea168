"""The picture of a definition: every step once, nothing on top of anything else, lines from port to card."""

import json
from pathlib import Path

import pytest
from hypothesis import given

from tests.unit.workflows.strategies import definitions
from workflows.layout import arrange
from workflows.picture import CARD_WIDTH, HEAD_HEIGHT, ROW_HEIGHT, Card, picture
from workflows.schema import Definition, parse_definition

GALLERY = sorted((Path(__file__).parents[3] / "workflows" / "gallery").glob("*.json"))


def overlap(one: Card, two: Card) -> bool:
    return one.x < two.right and two.x < one.right and one.y < two.bottom and two.y < one.bottom


def inside(inner: Card, outer: Card) -> bool:
    return (
        outer.x <= inner.x
        and inner.right <= outer.right
        and outer.y <= inner.y
        and inner.bottom <= outer.bottom
    )


def laid_out(definition: Definition) -> Definition:
    """The definition as if nobody had placed its steps."""
    document = definition.model_dump(mode="json")
    for step in document["steps"]:
        step.pop("position", None)
    return parse_definition(document)


@given(definitions(max_steps=20, max_depth=3))
def test_every_step_is_drawn_once_and_cards_never_overlap(definition: Definition) -> None:
    drawn = picture(laid_out(definition))
    parents = {step.id: step.parent for step in definition.steps}
    assert sorted(card.id for card in drawn.cards) == sorted(parents)
    for one in drawn.cards:
        for two in drawn.cards:
            if one.id < two.id and parents[one.id] == parents[two.id]:
                assert not overlap(one, two), (one.id, two.id)


@given(definitions(max_steps=20, max_depth=3))
def test_a_container_is_drawn_around_its_steps_and_before_them(definition: Definition) -> None:
    drawn = picture(laid_out(definition))
    cards = {card.id: card for card in drawn.cards}
    order = [card.id for card in drawn.cards]
    for step in definition.steps:
        if step.parent is not None:
            assert inside(cards[step.id], cards[step.parent])
            assert order.index(step.parent) < order.index(step.id)


@pytest.mark.parametrize("file", GALLERY, ids=lambda file: file.stem)
def test_a_template_is_drawn_from_left_to_right(file: Path) -> None:
    definition = parse_definition(json.loads(file.read_text())["definition"])
    drawn = picture(definition)
    cards = {card.id: card for card in drawn.cards}
    assert len(drawn.lines) >= len(definition.edges)
    for line in drawn.lines:
        assert cards[line.source].right <= cards[line.target].x


def test_ports_lie_where_the_formula_says() -> None:
    condition = {
        "id": "check",
        "type": "condition",
        "config": {"branches": [{"port": "good", "when": {"path": "inputs.a", "op": "exists"}}]},
    }
    [card] = picture(parse_definition({"format": 1, "steps": [condition]})).cards
    assert [port.name for port in card.rows] == ["good", "else"]
    assert card.width == CARD_WIDTH
    assert card.exit("good") == (card.x + CARD_WIDTH, card.y + HEAD_HEIGHT + ROW_HEIGHT / 2)
    assert card.exit("else") == (card.x + CARD_WIDTH, card.y + HEAD_HEIGHT + ROW_HEIGHT * 1.5)


def test_positions_that_somebody_chose_are_kept() -> None:
    steps = [
        {"id": "a", "type": "agent", "config": {"agent": "x"}, "position": {"x": 300, "y": 40}},
        {"id": "b", "type": "agent", "config": {"agent": "x"}, "position": {"x": 20, "y": 200}},
    ]
    a, b = picture(parse_definition({"format": 1, "steps": steps})).cards
    assert (a.x - b.x, b.y - a.y) == (280, 160)


def test_an_approval_shows_the_way_back_that_a_revision_takes() -> None:
    gate = {"id": "gate", "type": "approval", "config": {"title": "Good?", "revise": "draft"}}
    draft = {"id": "draft", "type": "agent", "config": {"agent": "x"}}
    edges = [{"source": "draft", "target": "gate"}]
    [way] = picture(parse_definition({"format": 1, "steps": [draft, gate], "edges": edges})).revisions
    assert (way.source, way.target) == ("gate", "draft")


def test_a_cycle_is_laid_out_all_the_same() -> None:
    sizes = dict.fromkeys("abc", (100.0, 50.0))
    placed = arrange(
        "abc", dict.fromkeys([("a", "b"), ("b", "c"), ("c", "a")], 0.0), sizes, gap_x=10, gap_y=10
    )
    assert len(set(placed.values())) == 3


def test_an_empty_definition_is_an_empty_picture() -> None:
    drawn = picture(parse_definition({"format": 1}))
    assert drawn.cards == ()
    assert drawn.shown_width > 0
