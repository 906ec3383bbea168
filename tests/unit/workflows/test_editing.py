"""Edits: each gives a new definition that is as valid as before, or says why not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workflows.strategies import definitions
from workflows.editing import (
    Edited,
    Refusal,
    add_step,
    connect,
    disconnect,
    free_id,
    move,
    place,
    remove_step,
    rename_id,
    set_guardrails,
    set_inputs,
    set_notes,
    set_outputs,
    set_sla,
    update_step,
)
from workflows.schema import Definition, Sla, dump_definition, parse_definition
from workflows.validation import errors_in, validate


def agent(step_id: str, prompt: str = "Go.", **more: Any) -> dict[str, Any]:
    return {"id": step_id, "type": "agent", "config": {"agent": "writer", "prompt": prompt}, **more}


START = parse_definition(
    {
        "steps": [
            agent("draft"),
            {
                "id": "check",
                "type": "condition",
                "config": {
                    "branches": [
                        {
                            "port": "good",
                            "when": {"path": "$.draft", "op": "contains", "value": "${steps.draft.output}"},
                        },
                        {"port": "bad", "when": {"path": "$['draft']", "op": "exists"}},
                    ]
                },
            },
            {"id": "sign", "type": "approval", "config": {"title": "Go?", "revise": "draft"}},
            agent(
                "send", "Send ${steps.draft.output}; not $${steps.draft.output}, nor ${steps.drafts.output}"
            ),
            {"id": "both", "type": "parallel"},
            agent("left", parent="both"),
            agent("right", parent="both"),
            agent("sum", "${steps.both.output.left} ${steps.both.output.left.x}"),
        ],
        "edges": [
            {"source": "draft", "target": "check"},
            {"source": "check", "port": "good", "target": "sign"},
            {"source": "check", "port": "bad", "target": "send"},
            {"source": "sign", "port": "approved", "target": "send"},
            {"source": "both", "target": "sum"},
        ],
        "outputs": {"x": ["${steps.draft.output}"]},
    }
)


def edited(result: Edited) -> Definition:
    assert isinstance(result, Definition), result
    return result


def refused(result: Edited) -> Refusal:
    assert isinstance(result, Refusal)
    return result


def edges(definition: Definition) -> set[str]:
    return {f"{edge.source}:{edge.port}-{edge.target}" for edge in definition.edges}


def test_a_step_is_added_and_connected() -> None:
    added = edited(add_step(START, agent("tell"), after=("sign", "rejected")))
    assert added.steps[-1].id == "tell"
    assert edges(added) == edges(START) | {"sign:rejected-tell"}
    assert edges(edited(add_step(START, agent("more", parent="both")))) == edges(START)


@pytest.mark.parametrize(
    ("step", "after", "kind"),
    [
        (agent("draft"), None, "taken"),
        ({"id": "x"}, None, "invalid"),
        (agent("x", parent="draft"), None, "invalid"),
        (agent("x", parent="nobody"), None, "invalid"),
        (agent("x"), ("nobody", "done"), "unknown"),
        (agent("x"), ("draft", "approved"), "port"),
        (agent("x"), ("left", "done"), "border"),
    ],
)
def test_a_step_that_cannot_be_added_is_refused(step: Any, after: Any, kind: str) -> None:
    refusal = refused(add_step(START, step, after=after))
    assert refusal.kind == kind
    assert refusal.sentence.endswith(".")


def test_a_step_is_changed_key_by_key() -> None:
    changed = edited(update_step(START, "draft", {"name": "First draft", "timeout_s": 5}))
    assert changed.steps[0].name == "First draft"
    assert changed.steps[0].timeout_s == 5
    assert dump_definition(changed)["steps"][0]["config"] == {"agent": "writer", "prompt": "Go."}


def test_edges_follow_a_branch_that_is_renamed_and_go_with_one_that_goes() -> None:
    when = {"path": "$.draft", "op": "exists"}
    renamed = {"branches": [{"port": "great", "when": when}, {"port": "bad", "when": when}]}
    assert "check:great-sign" in edges(edited(update_step(START, "check", {"config": renamed})))
    fewer = {"branches": [{"port": "bad", "when": when}]}
    assert edges(START) - edges(edited(update_step(START, "check", {"config": fewer}))) == {"check:good-sign"}
    other = {"type": "transform", "config": {"value": 1}}
    assert not any(edge.startswith("check") for edge in edges(edited(update_step(START, "check", other))))


@pytest.mark.parametrize(
    ("step_id", "changes", "kind"),
    [
        ("nobody", {}, "unknown"),
        ("draft", {"id": "other"}, "invalid"),
        ("draft", {"parent": "both"}, "invalid"),
        ("draft", {"timeout_s": -1}, "invalid"),
        ("draft", {"nope": 1}, "invalid"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused(step_id: str, changes: Any, kind: str) -> None:
    assert refused(update_step(START, step_id, changes)).kind == kind


def test_what_lay_around_a_deleted_step_is_connected() -> None:
    without = edited(remove_step(START, "sign"))
    assert edges(without) == {"draft:done-check", "check:good-send", "check:bad-send", "both:done-sum"}
    without = edited(remove_step(START, "draft"))
    assert "draft" not in {step.id for step in without.steps}
    assert dump_definition(without)["steps"][1]["config"] == {"title": "Go?"}, "nobody is sent back to it"


def test_a_container_goes_with_what_it_holds() -> None:
    without = edited(remove_step(START, "both"))
    assert {"both", "left", "right"}.isdisjoint(step.id for step in without.steps)
    assert refused(remove_step(START, "nobody")).kind == "unknown"


def test_what_hung_on_a_decision_hangs_on_the_answers_that_replace_it_and_back() -> None:
    yes, no = {"id": "now"}, {"id": "drop", "counts_as": "reject"}
    both = edited(connect(START, "sign", "both", port="rejected"))
    own = edited(update_step(both, "sign", {"config": {"title": "Go?", "answers": [yes, no]}}))
    assert {"sign:now-send", "sign:drop-both"} <= edges(own)
    named = edited(update_step(own, "sign", {"config": {"title": "Go?", "answers": [{"id": "soon"}, no]}}))
    assert {"sign:soon-send", "sign:drop-both"} <= edges(named)
    plain = edited(update_step(named, "sign", {"config": {"title": "Go?"}}))
    assert {"sign:approved-send", "sign:rejected-both"} <= edges(plain)


def test_steps_are_connected_by_the_usual_port() -> None:
    assert "send:done-both" in edges(edited(connect(START, "send", "both")))
    assert "sign:approved-both" in edges(edited(connect(START, "sign", "both")))
    assert "sign:timeout-both" in edges(edited(connect(START, "sign", "both", port="timeout")))


@pytest.mark.parametrize(
    ("source", "target", "port", "kind", "words"),
    [
        ("draft", "nobody", None, "unknown", "nobody"),
        ("nobody", "draft", None, "unknown", "nobody"),
        ("draft", "draft", None, "cycle", "draft → draft"),
        ("send", "draft", None, "cycle", "send → draft → check → send"),
        ("draft", "check", None, "already", "already"),
        ("draft", "left", None, "border", "same container"),
        ("draft", "sum", "approved", "port", "it has: done"),
    ],
)
def test_an_edge_is_refused_with_its_reason(
    source: str, target: str, port: str, kind: str, words: str
) -> None:
    refusal = refused(connect(START, source, target, port=port))
    assert refusal.kind == kind
    assert words in refusal.sentence


def test_edges_are_deleted_by_their_ends_and_port() -> None:
    assert edges(START) - edges(edited(disconnect(START, "check", "send"))) == {"check:bad-send"}
    assert refused(disconnect(START, "check", "send", port="good")).kind == "unknown"
    assert refused(disconnect(START, "send", "check")).kind == "unknown"


def test_steps_are_placed_on_the_canvas() -> None:
    placed = edited(place(START, {"draft": (10, 20.5)}))
    assert (placed.steps[0].position.x, placed.steps[0].position.y) == (10, 20.5)
    assert placed.steps[1] == START.steps[1]
    assert refused(place(START, {"nobody": (1, 1)})).kind == "unknown"


def test_a_moved_step_loses_the_edges_that_would_cross_a_border() -> None:
    inside = edited(move(START, "sign", "both"))
    assert edges(START) - edges(inside) == {"check:good-sign", "sign:approved-send"}
    assert edited(move(inside, "sign", None)).steps[2].parent is None


@pytest.mark.parametrize(
    ("step_id", "parent", "kind"),
    [
        ("nobody", "both", "unknown"),
        ("draft", "check", "invalid"),
        ("draft", "nobody", "invalid"),
        ("both", "both", "invalid"),
    ],
)
def test_a_move_that_cannot_be_is_refused(step_id: str, parent: str, kind: str) -> None:
    assert refused(move(START, step_id, parent)).kind == kind


def test_a_renamed_step_is_named_anew_everywhere() -> None:
    renamed = dump_definition(edited(rename_id(START, "draft", "first")))
    steps = {step["id"]: step for step in renamed["steps"]}
    assert "draft" not in steps
    branches = steps["check"]["config"]["branches"]
    assert branches[0]["when"] == {"path": "$.first", "op": "contains", "value": "${steps.first.output}"}
    assert steps["sign"]["config"]["revise"] == "first"
    assert steps["send"]["config"]["prompt"] == (
        "Send ${steps.first.output}; not $${steps.draft.output}, nor ${steps.drafts.output}"
    )
    assert renamed["outputs"] == {"x": ["${steps.first.output}"]}
    assert renamed["edges"][0] == {"source": "first", "target": "check"}


def test_a_renamed_branch_of_a_parallel_is_named_anew_in_its_output() -> None:
    renamed = edited(rename_id(START, "left", "west"))
    assert dump_definition(renamed)["steps"][-1]["config"]["prompt"] == (
        "${steps.both.output.west} ${steps.both.output.west.x}"
    )
    assert edited(rename_id(START, "both", "pair")).steps[5].parent == "pair"


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [("nobody", "x", "unknown"), ("draft", "check", "taken"), ("draft", "not good", "invalid")],
)
def test_a_rename_that_cannot_be_is_refused(old: str, new: str, kind: str) -> None:
    assert refused(rename_id(START, old, new)).kind == kind


def test_inputs_outputs_and_limits_are_declared_anew() -> None:
    assert edited(set_inputs(START, [{"name": "x"}])).inputs[0].name == "x"
    assert edited(set_outputs(START, {"y": 1})).outputs == {"y": 1}
    assert edited(set_guardrails(START, {"max_cost": 2})).guardrails.max_cost == 2
    promised = edited(set_sla(START, {"target_s": 60, "escalate_to": ["role:owner"]}))
    assert promised.sla == Sla(target_s=60, escalate_to=("role:owner",))
    assert edited(set_sla(promised, None)).sla is None
    assert refused(set_sla(START, {"target_s": 0})).kind == "invalid"
    assert refused(set_inputs(START, [{"nome": "x"}])).kind == "invalid"
    assert refused(set_outputs(START, {"y": "\x00"})).kind == "invalid"


def test_notes_are_put_on_the_canvas_and_taken_off_again() -> None:
    noted = edited(set_notes(START, [{"id": "a", "text": "Ask Ada.", "position": {"x": 5, "y": 8}}]))
    assert (noted.notes[0].text, noted.notes[0].colour, noted.notes[0].size.width) == (
        "Ask Ada.",
        "yellow",
        240,
    )
    assert noted.steps == START.steps
    assert validate(noted) == validate(START)
    assert edited(set_notes(noted, [])) == START


def test_an_edit_of_steps_leaves_the_notes_alone() -> None:
    noted = edited(set_notes(START, [{"id": "draft", "text": "Look at draft.", "colour": "pink"}]))
    assert edited(rename_id(noted, "draft", "text")).notes == noted.notes
    assert edited(remove_step(noted, "draft")).notes == noted.notes


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        ([{"id": "a", "text": "x" * 5001}], "at most 5000 characters"),
        ([{"id": "a", "colour": "mauve"}], "one of"),
        ([{"id": "a", "size": {"width": 1}}], "at least 80"),
        ([{"id": "a"}, {"id": "a"}], "Two notes have the id"),
        ([{"id": f"n{number}"} for number in range(501)], "at most 500 entries"),
        ([{"text": "no id"}], "missing"),
        ([{"id": "a", "text": "\x00"}], "NUL"),
    ],
)
def test_notes_that_cannot_be_are_refused(notes: Any, words: str) -> None:
    refusal = refused(set_notes(START, notes))
    assert refusal.kind == "invalid"
    assert words in refusal.sentence


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        ("draft", "draft_2"),
        ("Market research!", "market_research"),
        ("9 lives", "step_9_lives"),
        ("日本", "step"),
        ("", "step"),
        ("x" * 100, "x" * 58),
    ],
)
def test_a_free_id_is_like_the_wish(wish: str, found: str) -> None:
    assert free_id(START, wish) == found


def test_a_free_id_counts_on() -> None:
    assert free_id(edited(add_step(START, agent("draft_2"))), "draft") == "draft_3"


def errors(definition: Definition) -> list[str]:
    return [one.message for one in errors_in(validate(definition))]


@given(definitions(), st.data())
def test_renaming_keeps_a_valid_definition_valid_and_can_be_undone(
    definition: Definition, data: st.DataObject
) -> None:
    old = data.draw(st.sampled_from([step.id for step in definition.steps]))
    renamed = edited(rename_id(definition, old, "zz"))
    assert errors(renamed) == []
    assert edited(rename_id(renamed, "zz", old)) == definition


@given(definitions(), st.data())
def test_no_edit_draws_a_circle_or_a_stray_edge(definition: Definition, data: st.DataObject) -> None:
    ids = [step.id for step in definition.steps]
    one, two = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids))
    for result in (connect(definition, one, two), remove_step(definition, one), move(definition, one, two)):
        if isinstance(result, Definition):
            codes = {finding.code for finding in validate(result)}
            assert codes.isdisjoint(
                {"cycle", "dangling_edge", "edge_across_containers", "unknown_parent", "parent_cycle"}
            )


@given(definitions(), st.data())
def test_what_is_connected_can_be_disconnected(definition: Definition, data: st.DataObject) -> None:
    ids = [step.id for step in definition.steps]
    one, two = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids))
    connected = connect(definition, one, two)
    if isinstance(connected, Definition):
        added = connected.edges[-1]
        assert disconnect(connected, one, two, port=added.port) == definition
