"""The outline: every step once in a nested list, and each act of a form as changes that keep the draft sound."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convergio.errors import InvalidInput
from tests.unit.workflows.strategies import definitions
from workflows.drafting.changes import read_changes
from workflows.drafting.commands import changed
from workflows.outline import Entry, choices, outline, plan
from workflows.schema import Definition, parse_definition
from workflows.validation import Known, validate


@dataclass(frozen=True)
class Thing:
    """Something to add."""

    wish: str
    step: dict[str, Any] = field(default_factory=lambda: {"type": "agent", "config": {"agent": "writer"}})


ITEMS = {
    "agent": Thing("writer"),
    "parallel": Thing("parallel", {"type": "parallel"}),
    "sequential": Thing("sequence", {"type": "sequential"}),
    "loop": Thing("repeat", {"type": "loop", "config": {"items": []}}),
    "condition": Thing(
        "choice",
        {
            "type": "condition",
            "config": {"branches": [{"port": "yes", "when": {"path": "$.inputs", "op": "exists"}}]},
        },
    ),
}


def done(definition: Definition, do: str, **form: str) -> Definition:
    made = plan(definition, {"do": do, **form}, ITEMS)
    return changed(definition, read_changes(made.changes))


def built(*acts: tuple[str, dict[str, str]]) -> Definition:
    definition = Definition()
    for do, form in acts:
        definition = done(definition, do, **form)
    return definition


def edges(definition: Definition) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.port, edge.target) for edge in definition.edges}


def ids(definition: Definition) -> list[str]:
    return [step.id for step in definition.steps]


def chain(*names: str) -> Definition:
    steps = [{"id": one, "type": "transform", "config": {"value": 1}} for one in names]
    lines = [{"source": one, "target": two} for one, two in pairwise(names)]
    return parse_definition({"steps": steps, "edges": lines})


def flat(entries: tuple[Entry, ...]) -> list[str]:
    return [name for entry in entries for name in (entry.id, *flat(entry.children))]


# Reading.


@given(definitions(max_steps=12, max_depth=3))
def test_every_step_stands_in_the_list_once(definition: Definition) -> None:
    assert sorted(flat(outline(definition))) == sorted(ids(definition))


def test_containers_that_lie_in_one_another_are_listed_too() -> None:
    steps = [
        {"id": one, "type": "parallel", "parent": two} for one, two in (("a", "b"), ("b", "a"), ("c", "x"))
    ]
    assert sorted(flat(outline(parse_definition({"steps": steps})))) == ["a", "b", "c"]


def test_an_entry_says_what_is_before_and_where_it_goes_on() -> None:
    definition = built(
        ("add", {"item": "condition", "new_name": "High risk?"}),
        ("add_after", {"step": "high_risk", "item": "agent", "port": "yes"}),
    )
    first, second = outline(definition)
    assert [(way.label, way.target, way.is_implied) for way in first.ways] == [("yes", "writer", False)]
    assert first.loose_ends == ("otherwise",)
    assert second.comes_after == ("High risk?",)


def test_findings_stand_beside_their_steps() -> None:
    definition = parse_definition({"steps": [{"id": "a", "type": "agent", "config": {"agent": "nobody"}}]})
    found = validate(definition, Known(agents=set()))
    (entry,) = outline(definition, found)
    assert entry.findings == tuple(one for one in found if one.step_id == "a") != ()


def test_a_step_may_go_on_only_with_what_does_not_come_before_it() -> None:
    found = choices(chain("a", "b", "c"), "b")
    assert [one for one, _ in found.targets] == ["c"]
    assert (found.can_go_up, found.can_go_down, found.can_go_out) == (True, True, False)


# Adding.


def test_steps_are_added_one_after_another() -> None:
    definition = built(
        ("add", {"item": "agent", "new_name": "Brief"}),
        ("add", {"item": "agent", "after": "brief"}),
        ("add_after", {"step": "brief", "item": "agent", "new_name": "Between"}),
    )
    assert ids(definition) == ["brief", "between", "writer"]
    assert edges(definition) == {("brief", "done", "between"), ("between", "done", "writer")}


def test_a_step_is_added_beside_what_follows() -> None:
    definition = built(
        ("add", {"item": "agent", "new_name": "a"}),
        ("add_after", {"step": "a", "item": "agent", "new_name": "b"}),
        ("add_after", {"step": "a", "item": "agent", "new_name": "c", "place": "beside"}),
        ("connect", {"step": "b", "target": "c"}),
    )
    assert edges(definition) == {("a", "done", "b"), ("a", "done", "c"), ("b", "done", "c")}


def test_a_step_in_a_sequence_needs_no_line() -> None:
    definition = built(
        ("add", {"item": "sequential"}),
        ("add_inside", {"step": "sequence", "item": "agent", "new_name": "a"}),
        ("add_inside", {"step": "sequence", "item": "agent", "new_name": "c"}),
        ("add_after", {"step": "a", "item": "agent", "new_name": "b"}),
    )
    assert definition.edges == ()
    assert ids(definition) == ["sequence", "a", "b", "c"]


def test_steps_in_a_loop_follow_one_another_and_in_a_parallel_they_do_not() -> None:
    for kind, wanted in (("loop", {("a", "done", "b")}), ("parallel", set[Any]())):
        definition = built(("add", {"item": kind}))
        container = ids(definition)[0]
        for name in "ab":
            definition = done(definition, "add_inside", step=container, item="agent", new_name=name)
        assert edges(definition) == wanted


# Moving and deleting.


def test_neighbours_of_a_chain_change_places_in_the_chain() -> None:
    for do, step in (("up", "c"), ("down", "b")):
        definition = done(chain("a", "b", "c", "d"), do, step=step)
        assert ids(definition) == ["a", "c", "b", "d"]
        assert edges(definition) == edges(chain("a", "c", "b", "d"))


def test_what_is_no_plain_chain_changes_places_in_the_list_alone() -> None:
    before = built(
        ("add", {"item": "agent", "new_name": "a"}),
        ("add_after", {"step": "a", "item": "agent", "new_name": "b"}),
        ("add_after", {"step": "a", "item": "agent", "new_name": "c", "place": "beside"}),
    )
    after = done(before, "down", step="a")
    assert edges(after) == edges(before)
    assert ids(after) != ids(before)


def test_a_step_goes_into_a_container_and_out_again() -> None:
    definition = built(("add", {"item": "parallel"}), ("add", {"item": "agent"}))
    inside = done(definition, "into", step="writer", parent="parallel")
    assert flat(outline(inside)) == ["parallel", "writer"]
    assert outline(inside)[0].children[0].id == "writer"
    assert done(inside, "out", step="writer").steps[1].parent is None


def test_deleting_heals_the_chain_and_looks_at_a_neighbour() -> None:
    definition = chain("a", "b", "c")
    assert edges(done(definition, "delete", step="b")) == {("a", "done", "c")}
    assert plan(definition, {"do": "delete", "step": "b"}, ITEMS).focus == "a"
    assert plan(definition, {"do": "delete", "step": "a"}, ITEMS).focus == "b"
    assert plan(chain("a"), {"do": "delete", "step": "a"}, ITEMS).focus == ""


def test_a_line_is_taken_away_by_its_port() -> None:
    assert edges(done(chain("a", "b", "c"), "disconnect:done:b", step="a")) == {("b", "done", "c")}


def test_steps_are_listed_as_they_run() -> None:
    mixed = chain("a", "b", "c").model_copy(update={"steps": tuple(reversed(chain("a", "b", "c").steps))})
    assert ids(done(mixed, "sort")) == ["a", "b", "c"]
    with pytest.raises(InvalidInput, match="already"):
        done(chain("a", "b"), "sort")


@pytest.mark.parametrize(
    ("do", "form", "words"),
    [
        ("", {}, "Choose what is to be done"),
        ("explode", {"step": "a"}, "Choose what is to be done"),
        ("add", {}, "Choose what is to be added"),
        ("add_after", {"step": "gone", "item": "agent"}, "not there any more"),
        ("add_inside", {"step": "a", "item": "agent"}, "Only a container"),
        ("up", {"step": "a"}, "first here"),
        ("down", {"step": "b"}, "last here"),
        ("out", {"step": "a"}, "top already"),
        ("into", {"step": "a"}, "Choose the container"),
        ("connect", {"step": "a"}, "Choose the step"),
        ("connect", {"step": "b", "target": "a"}, "circle"),
        ("disconnect:done:nobody", {"step": "a"}, "no such edge"),
        ("rename", {"step": "a", "name": "x" * 201}, "at most 200 characters"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(do: str, form: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        done(chain("a", "b"), do, **form)


@given(definitions(max_steps=10, max_depth=2), st.data())
def test_no_act_draws_a_circle_or_loses_a_step(definition: Definition, data: st.DataObject) -> None:
    step = data.draw(st.sampled_from(ids(definition)))
    do = data.draw(st.sampled_from(["up", "down", "out", "sort", "add_after", "add_inside", "rename"]))
    try:
        after = done(definition, do, step=step, item="agent", name="New")
    except InvalidInput:
        return
    assert set(ids(after)) >= set(ids(definition))
    assert "cycle" not in {one.code for one in validate(after)}
