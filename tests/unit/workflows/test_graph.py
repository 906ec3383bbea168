"""Graph questions: levels, order, cycles, what lies before, what a revision redoes."""

import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workflows.strategies import definitions
from workflows.graph import Graph, onward_ports, ports_of
from workflows.schema import Definition, LoopStep, Step


def step(step_id: str, parent: str | None = None, kind: str = "transform", **more: Any) -> dict[str, Any]:
    config = {"transform": {"value": 1}, "loop": {"items": [1]}, "approval": {"title": "Go?"}}
    return {"id": step_id, "type": kind, "parent": parent, "config": config.get(kind, {}), **more}


def graph(steps: list[dict[str, Any]], edges: str = "") -> Graph:
    """Edges are written "a-b b:port-c"."""
    drawn = []
    for edge in edges.split():
        source, target = edge.split("-")
        source, _, port = source.partition(":")
        drawn.append({"source": source, "port": port or "done", "target": target})
    return Graph.of(Definition.model_validate({"steps": steps, "edges": drawn}))


def letters(text: str, edges: str = "") -> Graph:
    return graph([step(one) for one in text], edges)


NESTED = graph(
    [
        step("start"),
        step("each", kind="loop"),
        step("draft", "each"),
        step("both", "each", kind="parallel"),
        step("left", "both"),
        step("right", "both"),
        step("check", "each"),
        step("end"),
    ],
    "start-each each-end draft-both both-check",
)


def typed(document: dict[str, Any]) -> Step:
    return Definition.model_validate({"steps": [document]}).steps[0]


OWN_BUTTONS = {
    "id": "a",
    "type": "approval",
    "config": {
        "title": "Go?",
        "answers": [{"id": "now"}, {"id": "never", "counts_as": "reject"}, {"id": "later"}],
    },
}


@pytest.mark.parametrize(
    ("document", "ports", "onward"),
    [
        (step("a"), ("done",), ("done",)),
        (step("a", on_error={"action": "port"}), ("done", "error"), ("done",)),
        (step("a", kind="approval"), ("approved", "rejected", "timeout"), ("approved",)),
        (OWN_BUTTONS, ("now", "never", "later", "timeout"), ("now", "later")),
        (
            {"id": "a", "type": "input", "config": {"title": "t", "form": {}}},
            ("submitted", "timeout"),
            ("submitted",),
        ),
        ({"id": "a", "type": "wait", "config": {"seconds": 1}}, ("done", "timeout"), ("done",)),
        (
            {
                "id": "a",
                "type": "condition",
                "on_error": {"action": "port"},
                "config": {"branches": [{"port": p, "when": {"all": []}} for p in ("x", "y")]},
            },
            ("x", "y", "else", "error"),
            ("x", "y", "else"),
        ),
    ],
)
def test_ports_follow_from_the_type(
    document: dict[str, Any], ports: tuple[str, ...], onward: tuple[str, ...]
) -> None:
    assert ports_of(typed(document)) == ports
    assert onward_ports(typed(document)) == onward


def test_levels_have_roots_and_terminals() -> None:
    assert NESTED.levels() == (None, "each", "both")
    assert NESTED.children() == ("start", "each", "end")
    assert NESTED.children("both") == NESTED.roots("both") == NESTED.terminals("both") == ("left", "right")
    assert NESTED.roots() == ("start",)
    assert NESTED.terminals("each") == ("check",)
    assert NESTED.children("end") == ()


def test_a_step_knows_what_lies_around_it() -> None:
    assert NESTED.ancestors("left") == ("both", "each")
    assert NESTED.level("left") == 2
    assert NESTED.parent("left") == "both"
    assert NESTED.enclosing("left", LoopStep) == "each"
    assert NESTED.enclosing("start", LoopStep) is None
    assert NESTED.inside("each") == {"draft", "both", "left", "right", "check"}
    assert NESTED.step("left").id == "left"
    with pytest.raises(KeyError):
        NESTED.step("nobody")


def test_upstream_reaches_through_the_containers_around_a_step() -> None:
    assert NESTED.upstream("left") == {"draft", "start"}
    assert NESTED.upstream("check") == {"draft", "both", "start"}
    assert NESTED.upstream("end") == {"each", "start"}
    assert NESTED.precedes("start", "left")
    assert not NESTED.precedes("left", "right")
    assert not NESTED.precedes("left", "check"), "what lies inside a container is hidden from outside"
    assert not NESTED.precedes("nobody", "end")


def test_edges_are_found_by_end_and_by_port() -> None:
    made = graph([step("a", kind="approval"), step("b"), step("c")], "a:approved-b a:rejected-c b-c")
    assert [edge.target for edge in made.outgoing("a")] == ["b", "c"]
    assert [edge.target for edge in made.outgoing("a", "rejected")] == ["c"]
    assert [edge.source for edge in made.incoming("c")] == ["a", "b"]
    assert made.ports("a") == ("approved", "rejected", "timeout")
    assert made.downstream("a") == {"b", "c"}


def test_a_cycle_is_told_with_its_path() -> None:
    made = letters("abcde", "a-b b-c c-d d-b d-e")
    assert made.cycle() == ("b", "c", "d", "b")
    assert made.order() == ("a",)
    assert letters("a", "a-a").cycle() == ("a", "a")
    assert letters("abc", "a-b b-c").cycle() == ()


def test_between_is_every_step_on_a_path() -> None:
    made = letters("abcdefg", "a-b b-c a-d d-c c-e b-f g-c")
    assert made.between("a", "c") == {"a", "b", "c", "d"}
    assert made.between("b", "e") == {"b", "c", "e"}
    assert made.between("e", "a") == frozenset()
    assert made.between("a", "a") == {"a"}


def test_a_sequential_container_without_edges_is_a_chain() -> None:
    steps = [step("q", kind="sequential"), step("a", "q"), step("b", "q", "approval"), step("c", "q")]
    implied = graph(steps)
    assert [(edge.source, edge.port, edge.target) for edge in implied.edges] == [
        ("a", "done", "b"),
        ("b", "approved", "c"),
    ]
    assert implied.upstream("c") == {"a", "b"}
    drawn = graph(steps, "b:approved-a")
    assert [(edge.source, edge.target) for edge in drawn.edges] == [("b", "a")]


def test_edges_that_count_for_nothing_are_strays() -> None:
    made = graph([step("p", kind="parallel"), step("a", "p"), step("b")], "a-b b-nobody nobody-b b-p")
    assert [(edge.source, edge.target) for edge in made.strays] == [
        ("a", "b"),
        ("b", "nobody"),
        ("nobody", "b"),
    ]
    assert [(edge.source, edge.target) for edge in made.edges] == [("b", "p")]


def test_faulty_drafts_make_a_graph_too() -> None:
    circle = graph(
        [step("a", "b", "parallel"), step("b", "a", "parallel"), step("c", "c", "loop"), step("d", "nobody")]
    )
    assert circle.ancestors("a") == ("b",)
    assert circle.ancestors("c") == ()
    assert circle.inside("a") == {"a", "b"}
    assert circle.ancestors("d") == ()
    assert circle.reachable() == frozenset()
    twice = graph([step("a"), step("a", name="second")])
    assert twice.steps["a"].name == "second"


def test_what_can_be_reached_follows_ports_that_exist_and_enters_containers() -> None:
    assert NESTED.reachable() == set(NESTED.steps)
    made = graph([step("a"), step("b"), step("p", kind="parallel"), step("c", "p")], "a:nonsense-b b-p")
    assert made.reachable() == {"a"}


def test_two_thousand_steps_take_no_time() -> None:
    names = [f"s{n}" for n in range(2000)]
    edges = " ".join(
        f"{one}-{names[n + far]}" for n, one in enumerate(names) for far in (1, 7, 40) if n + far < 2000
    )
    made = graph([step(one) for one in names], edges)
    started = time.process_time()
    assert len(made.upstream("s1999")) == 1999
    assert made.precedes("s0", "s1999")
    assert len(made.between("s0", "s1999")) == 2000
    assert len(made.reachable()) == 2000
    assert made.cycle() == ()
    assert time.process_time() - started < 2


@given(definitions())
def test_every_step_comes_after_those_before_it(definition: Definition) -> None:
    made = Graph.of(definition)
    for parent in made.levels():
        order = made.order(parent)
        assert sorted(order) == sorted(made.children(parent))
        place = {one: number for number, one in enumerate(order)}
        for one in order:
            assert all(place[edge.source] < place[one] for edge in made.incoming(one))


@given(definitions())
def test_precedes_and_upstream_and_downstream_agree(definition: Definition) -> None:
    made = Graph.of(definition)
    for one in made.steps:
        assert made.upstream(one) == {other for other in made.steps if made.precedes(other, one)}
        for after in made.downstream(one):
            assert made.precedes(one, after)
            assert made.between(one, after) >= {one, after}


@given(definitions(), st.data())
def test_an_edge_backwards_makes_a_cycle_that_is_found(definition: Definition, data: st.DataObject) -> None:
    made = Graph.of(definition)
    forward = [(one, after) for one in made.steps for after in made.downstream(one)]
    if not forward:
        return
    first, last = data.draw(st.sampled_from(forward))
    back = {"source": last, "target": first}
    document = definition.model_dump(mode="json")
    bent = Definition.model_validate({**document, "edges": [*document["edges"], back]})
    if not any(edge.source in made.children(made.parent(first)) for edge in definition.edges):
        return  # the chain of a sequential container is implied only as long as nothing is drawn in it
    path = Graph.of(bent).cycle(made.parent(first))
    assert path[0] == path[-1]
    assert all(any(e.target == two for e in Graph.of(bent).outgoing(one)) for one, two in pairwise(path))
