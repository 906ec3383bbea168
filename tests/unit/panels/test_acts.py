"""What the buttons of a form do before it is saved."""

import pytest

from workflows.panels.acts import acted
from workflows.panels.fields import Field
from workflows.panels.forms import Form
from workflows.panels.kinds import KINDS

ROWS = {"x": "", "x.0": "a", "x.1": "b", "x.2": "c", "y.0": "z"}
COMPARISON = {"path": "$.a", "op": "eq", "value": 1}
CONDITION = Field("when", "When", "condition", required=True)


def rows(act: str) -> list[str]:
    form = acted(Form(dict(ROWS)), act)
    assert form.text("y.0") == "z"
    return [form.text(f"x.{row}") for row in form.rows("x")]


@pytest.mark.parametrize(
    ("act", "left"),
    [
        ("add:x", ["a", "b", "c", ""]),
        ("remove:x.1", ["a", "c"]),
        ("remove:x.2", ["a", "b"]),
        ("up:x.2", ["a", "c", "b"]),
        ("up:x.0", ["a", "b", "c"]),
        ("down:x.0", ["b", "a", "c"]),
        ("down:x.2", ["a", "b", "c"]),
        ("remove:x.9", ["a", "b", "c"]),
        ("up:x.9", ["a", "b", "c"]),
        ("remove:x", ["a", "b", "c"]),
        ("", ["a", "b", "c"]),
        ("explode:x.1", ["a", "b", "c"]),
        ("up:", ["a", "b", "c"]),
        ("remove:x.1.2.3", ["a", "b", "c"]),
        ("remove:x.²", ["a", "b", "c"]),
    ],
)
def test_rows_come_go_and_move(act: str, left: list[str]) -> None:
    assert rows(act) == left


def test_a_row_moves_with_everything_in_it() -> None:
    form = Form({"x.0.name": "a", "x.0.inner.0": "deep", "x.1.name": "b", "x.10.name": "k"})
    assert acted(form, "down:x.0").values == {
        "x.1.name": "a",
        "x.1.inner.0": "deep",
        "x.0.name": "b",
        "x.10.name": "k",
    }


def test_an_eleventh_row_is_not_taken_for_the_first() -> None:
    form = Form({"x.1.name": "b", "x.10.name": "k"})
    assert acted(form, "remove:x.1").values == {"x.9.name": "k"}


@pytest.mark.parametrize("kind", ["all", "any"])
def test_a_comparison_is_put_into_a_group_and_taken_out_again(kind: str) -> None:
    alone = Form(KINDS["condition"].write(CONDITION, COMPARISON))
    grouped = acted(alone, f"{kind}:when")
    KINDS["condition"].read(CONDITION, grouped)
    assert list(grouped.waits) == ["when.items.1.path"], "the second comparison is not finished"
    grouped.values["when.items.1.path"] = "$.b"
    assert KINDS["condition"].read(CONDITION, Form(grouped.values)) == {
        kind: [COMPARISON, {"path": "$.b", "op": "eq", "value": None}]
    }
    single = acted(grouped, "remove:when.items.1")
    assert KINDS["condition"].read(CONDITION, acted(single, "free:when")) == COMPARISON


def test_a_group_of_several_is_not_freed() -> None:
    grouped = acted(Form(KINDS["condition"].write(CONDITION, COMPARISON)), "all:when")
    assert acted(grouped, "free:when").values == grouped.values


def test_a_group_begins_within_a_group() -> None:
    grouped = acted(Form(KINDS["condition"].write(CONDITION, {"all": [COMPARISON]})), "group:when")
    assert grouped.rows("when.items") == [0, 1]
    assert grouped.text("when.items.1.kind") == "any"


def test_a_condition_begins_where_there_was_none_and_goes_again() -> None:
    optional = Field("when", "When", "condition")
    begun = acted(Form({"when.kind": ""}), "compare:when")
    KINDS["condition"].read(optional, begun)
    assert begun.waits
    gone = acted(begun, "none:when")
    assert KINDS["condition"].read(optional, gone) is None
