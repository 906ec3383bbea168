"""Changing a draft by hand: the log, going back and forth, two people at once."""

import json
import random
import threading
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from convergio.audit.models import AuditEntry
from convergio.errors import Conflict, ConvergioError, InvalidInput, NotAllowed, NotFound
from tests.people import Cast
from tests.workflows.examples import SMALL, greeting
from workflows import operations
from workflows.drafting import Clash, NothingToRedo, NothingToUndo, Window, apply, redo, undo
from workflows.models import DraftChange, Workflow

NEW = {"id": "check", "type": "transform", "config": {"value": 1}}


@pytest.fixture
def small(cast: Cast) -> Workflow:
    return operations.create(name="Small", by=cast.cleo.actor, definition=SMALL)


def steps_of(workflow: Workflow) -> dict[str, Any]:
    workflow.refresh_from_db()
    return {step["id"]: step for step in workflow.draft.get("steps", ())}


def edges_of(workflow: Workflow) -> set[tuple[str, str, str]]:
    workflow.refresh_from_db()
    edges = workflow.draft.get("edges", ())
    return {(edge["source"], edge.get("port", "done"), edge["target"]) for edge in edges}


# One request.


def test_a_request_makes_one_revision_one_entry_and_one_audit_record(cast: Cast, small: Workflow) -> None:
    changes = [
        {"op": "add_step", "step": NEW, "after": ["send", "done"]},
        {"op": "update_step", "id": "check", "changes": {"name": "Look"}},
        {"op": "place", "positions": {"check": [40, 60]}},
    ]
    audited = AuditEntry.objects.count()
    made = apply(small, changes, revision=0, by=cast.cleo.actor)
    assert (made.revision, made.title) == (1, "Add “Look” and 2 more")
    assert (DraftChange.objects.count(), AuditEntry.objects.count() - audited) == (1, 1)
    assert steps_of(small)["check"]["position"] == {"x": 40, "y": 60}
    assert ("send", "done", "check") in edges_of(small)


def test_a_request_of_which_one_change_is_refused_changes_nothing(cast: Cast, small: Workflow) -> None:
    circle: dict[str, Any] = {"op": "connect", "source": "send", "target": "greet"}
    changes: list[dict[str, Any]] = [{"op": "add_step", "step": NEW}, circle]
    with pytest.raises(InvalidInput, match="circle: send → greet → gate → send"):
        apply(small, changes, revision=0, by=cast.cleo.actor)
    assert "check" not in steps_of(small)
    assert not DraftChange.objects.exists()


def test_a_request_that_changes_nothing_leaves_nothing(cast: Cast, small: Workflow) -> None:
    same = [{"op": "update_step", "id": "greet", "changes": {"name": ""}}]
    assert apply(small, same, revision=0, by=cast.cleo.actor).revision == 0
    assert not DraftChange.objects.exists()


@pytest.mark.parametrize("role", ["approver", "viewer"])
def test_only_builders_change_drafts(cast: Cast, small: Workflow, role: str) -> None:
    by = cast.by_role[role].actor
    with pytest.raises(NotAllowed):
        apply(small, [{"op": "add_step", "step": NEW}], revision=0, by=by)
    for verb in (undo, redo):
        with pytest.raises(NotAllowed):
            verb(small, by=by)


def test_a_stranger_finds_no_draft_to_change(cast: Cast, small: Workflow) -> None:
    with pytest.raises(NotFound):
        apply(small, [{"op": "add_step", "step": NEW}], revision=0, by=cast.finn.actor)


def test_an_archived_workflow_is_not_changed(cast: Cast, small: Workflow) -> None:
    operations.archive(small, by=cast.cleo.actor)
    with pytest.raises(Conflict, match="archived"):
        apply(small, [{"op": "add_step", "step": NEW}], revision=0, by=cast.cleo.actor)


HOSTILE: list[Any] = [
    "nonsense",
    {},
    [],
    [{}],
    [[]],
    [{"op": "explode"}],
    [{"op": "add_step"}],
    [{"op": "add_step", "step": {}}],
    [{"op": "add_step", "step": {"id": "x\x00", "type": "transform"}}],
    [{"op": "add_step", "step": {**NEW, "name": "\ud800"}}],
    [{"op": "add_step", "step": {**NEW, "parent": "greet"}}],
    [{"op": "add_step", "step": NEW, "after": ["nobody", "done"]}],
    [{"op": "place", "positions": {"greet": [float("nan"), 0]}}],
    [{"op": "place", "positions": {"greet": [1e300, 0]}}],
    [{"op": "place", "positions": {"greet": [1]}}],
    [{"op": "place", "positions": {"nobody": [1, 1]}}],
    [{"op": "move", "ids": ["greet"], "parent": "send"}],
    [{"op": "reorder", "id": "nobody"}],
    [{"op": "reorder", "id": "greet", "before": "nobody"}],
    [{"op": "lay_out", "parent": "nobody"}],
    [{"op": "reconnect", "edge": {"source": "a", "target": "b"}}],
    [{"op": "paste", "fragment": {"steps": [{}]}, "at": [0, 0]}],
    [{"op": "paste", "fragment": {"steps": [{"id": 7}]}, "at": [0, 0]}],
    [{"op": "paste", "fragment": {"steps": [{"id": []}]}, "at": [0, 0]}],
    [{"op": "paste", "fragment": {"steps": [NEW, NEW]}, "at": [0, 0]}],
    [{"op": "paste", "fragment": {"steps": [NEW], "edges": [{"source": {}, "target": []}]}, "at": "here"}],
    [{"op": "set_outputs", "value": {"x": float("inf")}}],
    [{"op": "set_inputs", "value": [{"name": "no hyphen-here"}]}],
    [{"op": "rename_id", "id": "greet", "new": "not an id"}],
    [{"op": "rename_id", "id": "greet", "new": "send"}],
    [{"op": "remove_steps", "ids": []}],
    [{"op": "remove_steps", "ids": ["nobody"]}],
    [{"op": "lay_out"}] * 501,
]


@pytest.mark.parametrize("changes", HOSTILE, ids=lambda one: json.dumps(one)[:60])
def test_whatever_is_sent_is_refused_in_a_sentence(cast: Cast, small: Workflow, changes: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        apply(small, changes, revision=0, by=cast.cleo.actor)
    assert refused.value.sentence.endswith((".", "?"))
    assert not DraftChange.objects.exists()


@pytest.mark.parametrize("revision", [-1, 1, 99])
def test_a_revision_that_never_was_is_refused(cast: Cast, small: Workflow, revision: int) -> None:
    with pytest.raises(InvalidInput, match="There is no revision"):
        apply(small, [{"op": "lay_out"}], revision=revision, by=cast.cleo.actor)


# What each change does.


def test_a_step_is_inserted_in_the_middle_of_an_edge(cast: Cast, small: Workflow) -> None:
    edge = {"source": "gate", "port": "approved", "target": "send"}
    apply(small, [{"op": "insert_step", "step": NEW, "edge": edge}], revision=0, by=cast.cleo.actor)
    assert edges_of(small) == {
        ("greet", "done", "gate"),
        ("gate", "approved", "check"),
        ("check", "done", "send"),
    }


def test_steps_that_are_removed_together_are_healed_over(cast: Cast, small: Workflow) -> None:
    apply(small, [{"op": "remove_steps", "ids": ["gate"]}], revision=0, by=cast.cleo.actor)
    assert edges_of(small) == {("greet", "done", "send")}


def test_an_edge_is_led_elsewhere_and_a_circle_refused(cast: Cast, small: Workflow) -> None:
    add = {"op": "add_step", "step": NEW}
    edge = {"source": "gate", "port": "approved", "target": "send"}
    lead = {"op": "reconnect", "edge": edge, "target": "check"}
    apply(small, [add, lead], revision=0, by=cast.cleo.actor)
    assert ("gate", "approved", "check") in edges_of(small)
    back = {"op": "reconnect", "edge": {"source": "greet", "target": "gate"}, "source": "check"}
    with pytest.raises(InvalidInput, match="circle"):
        apply(small, [back], revision=1, by=cast.cleo.actor)


def test_steps_that_move_into_a_container_together_keep_the_edge_between_them(
    cast: Cast, small: Workflow
) -> None:
    box = {"id": "box", "type": "sequential"}
    move = {"op": "move", "ids": ["greet", "gate"], "parent": "box", "positions": {"greet": [0, 5]}}
    apply(small, [{"op": "add_step", "step": box}, move], revision=0, by=cast.cleo.actor)
    assert edges_of(small) == {("greet", "done", "gate")}
    assert steps_of(small)["greet"]["parent"] == "box"


def test_the_first_step_that_is_placed_leaves_the_others_where_they_are_seen(
    cast: Cast, small: Workflow
) -> None:
    apply(small, [{"op": "place", "positions": {"send": [900, 300]}}], revision=0, by=cast.cleo.actor)
    places = {name: step.get("position") for name, step in steps_of(small).items()}
    assert places["send"] == {"x": 900, "y": 300}
    assert places["gate"] is not None
    assert places["gate"]["x"] > 200


def test_laying_out_gives_every_step_a_place(cast: Cast, small: Workflow) -> None:
    apply(small, [{"op": "lay_out"}], revision=0, by=cast.cleo.actor)
    steps = steps_of(small)
    assert steps["gate"]["position"]["x"] < steps["send"]["position"]["x"]


def test_reordering_puts_a_step_before_another(cast: Cast, small: Workflow) -> None:
    apply(small, [{"op": "reorder", "id": "send", "before": "greet"}], revision=0, by=cast.cleo.actor)
    assert list(steps_of(small)) == ["send", "greet", "gate"]


def test_what_is_pasted_gets_free_ids_and_its_references_follow(cast: Cast, small: Workflow) -> None:
    fragment = {"steps": SMALL["steps"], "edges": SMALL["edges"]}
    made = apply(
        small, [{"op": "paste", "fragment": fragment, "at": [500, 80]}], revision=0, by=cast.cleo.actor
    )
    steps = steps_of(small)
    assert made.title == "Paste 3 steps"
    assert set(steps) == {"greet", "gate", "send", "greet_2", "gate_2", "send_2"}
    assert steps["send_2"]["config"]["value"] == "${steps.greet_2.output}!"
    assert steps["gate_2"]["config"]["revise"] == "greet_2"
    assert ("gate_2", "approved", "send_2") in edges_of(small)
    assert steps["greet_2"]["position"] == {"x": 500, "y": 80}


def test_a_part_of_a_container_is_pasted_at_the_top(cast: Cast, small: Workflow) -> None:
    fragment = {"steps": [{**NEW, "parent": "elsewhere"}], "edges": [{"source": "check", "target": "lost"}]}
    apply(small, [{"op": "paste", "fragment": fragment, "at": [0, 0]}], revision=0, by=cast.cleo.actor)
    assert "parent" not in steps_of(small)["check"]


# Undo and redo.


def test_undo_and_redo_go_all_the_way_and_name_what_they_do(cast: Cast, small: Workflow) -> None:
    by, states = cast.cleo.actor, [small.draft]
    for number in range(12):
        step = {**NEW, "id": f"s{number}"}
        apply(small, [{"op": "add_step", "step": step}], revision=number, by=by)
        small.refresh_from_db()
        states.append(small.draft)
    for number in reversed(range(12)):
        assert undo(small, by=by).title == f"Undo: Add “S{number}”"
        small.refresh_from_db()
        assert small.draft == states[number]
    with pytest.raises(NothingToUndo):
        undo(small, by=by)
    for number in range(12):
        assert redo(small, by=by).title == f"Redo: Add “S{number}”"
        small.refresh_from_db()
        assert small.draft == states[number + 1]
    with pytest.raises(NothingToRedo):
        redo(small, by=by)
    assert small.draft_revision == 36


def test_a_new_change_ends_what_could_be_redone(cast: Cast, small: Workflow) -> None:
    by = cast.cleo.actor
    apply(small, [{"op": "add_step", "step": NEW}], revision=0, by=by)
    undo(small, by=by)
    apply(small, [{"op": "lay_out"}], revision=2, by=by)
    with pytest.raises(NothingToRedo):
        redo(small, by=by)
    assert undo(small, by=by).title == "Undo: Lay out"


def test_undo_works_across_a_saved_document_and_a_restored_version(cast: Cast, small: Workflow) -> None:
    by = cast.ada.actor
    first = small.draft
    version = operations.publish(small, by=by)
    saved = operations.save_draft(small, greeting("Hey"), revision=0, by=by)
    apply(small, [{"op": "add_step", "step": NEW}], revision=1, by=by)
    operations.restore(version, by=by)
    assert undo(small, by=by).title == "Undo: Restore version 1"
    assert undo(small, by=by).title == "Undo: Add “Check”"
    small.refresh_from_db()
    assert small.draft == saved.draft
    assert undo(small, by=by).title == "Undo: Edit the document"
    small.refresh_from_db()
    assert small.draft == first


def random_change(draw: random.Random, ids: list[str], number: int) -> dict[str, Any]:
    one, other = draw.choice(ids), draw.choice(ids)
    kinds: list[dict[str, Any]] = [
        {"op": "add_step", "step": {**NEW, "id": f"n{number}"}, "after": [one, "done"]},
        {"op": "add_step", "step": {"id": f"b{number}", "type": draw.choice(["parallel", "sequential"])}},
        {"op": "remove_steps", "ids": [one]},
        {"op": "connect", "source": one, "target": other},
        {"op": "disconnect", "source": one, "target": other},
        {"op": "place", "positions": {one: [draw.randint(-900, 900), draw.randint(-900, 900)]}},
        {"op": "move", "ids": [one], "parent": draw.choice([other, None])},
        {"op": "reorder", "id": one, "before": other},
        {"op": "rename_id", "id": one, "new": f"r{number}"},
        {"op": "update_step", "id": one, "changes": {"name": f"Name {number}"}},
        {"op": "lay_out"},
        {"op": "paste", "fragment": {"steps": [{**NEW, "id": one}]}, "at": [0, 0]},
        {"op": "set_outputs", "value": {f"out{number}": "x"}},
    ]
    return draw.choice(kinds)


@given(seed=st.integers(0, 10**9))
def test_any_patch_goes_back_and_forth_exactly(seed: int) -> None:
    from workflows import documents
    from workflows.drafting.changes import read_changes
    from workflows.drafting.commands import changed
    from workflows.drafting.patches import difference, patched, turned
    from workflows.schema import dump_definition, parse_definition

    draw, now = random.Random(seed), documents.canonical(SMALL)
    for number in range(12):
        ids = [step["id"] for step in now.get("steps", ())] or ["none"]
        change = random_change(draw, ids, number)
        try:
            after = dump_definition(changed(parse_definition(now), read_changes([change])))
        except InvalidInput:
            continue
        after = documents.canonical(after)
        patch = json.loads(json.dumps(difference(now, after)))
        assert documents.canonical(patched(now, patch)) == after
        assert documents.canonical(patched(after, turned(patch))) == now
        assert turned(turned(patch)) == patch
        now = after


# Two people.


def test_changes_to_different_steps_are_merged(cast: Cast, small: Workflow) -> None:
    apply(
        small, [{"op": "update_step", "id": "greet", "changes": {"name": "A"}}], revision=0, by=cast.ada.actor
    )
    made = apply(
        small, [{"op": "update_step", "id": "send", "changes": {"name": "B"}}], revision=0, by=cast.cleo.actor
    )
    steps = steps_of(small)
    assert (made.revision, steps["greet"]["name"], steps["send"]["name"]) == (2, "A", "B")


def test_one_may_move_a_step_while_the_other_words_it(cast: Cast, small: Workflow) -> None:
    apply(
        small, [{"op": "update_step", "id": "greet", "changes": {"name": "A"}}], revision=0, by=cast.ada.actor
    )
    apply(small, [{"op": "place", "positions": {"greet": [70, 90]}}], revision=0, by=cast.cleo.actor)
    greet = steps_of(small)["greet"]
    assert (greet["name"], greet["position"]) == ("A", {"x": 70, "y": 90})


CLASHING = [
    ({"op": "update_step", "id": "greet", "changes": {"name": "B"}}, {"greet"}),
    ({"op": "remove_steps", "ids": ["greet"]}, {"greet"}),
]


@pytest.mark.parametrize(("change", "named"), CLASHING)
def test_changes_to_the_same_step_clash_and_both_sides_are_shown(
    cast: Cast, small: Workflow, change: dict[str, Any], named: set[str]
) -> None:
    apply(
        small, [{"op": "update_step", "id": "greet", "changes": {"name": "A"}}], revision=0, by=cast.ada.actor
    )
    with pytest.raises(Clash, match=r"Ada.* changed “A” in the meantime") as clash:
        apply(small, [change], revision=0, by=cast.cleo.actor)
    assert (clash.value.revision, set(clash.value.theirs)) == (1, named)
    assert clash.value.theirs["greet"]["name"] == "A"
    assert steps_of(small)["greet"]["name"] == "A"


def test_to_change_what_the_other_deleted_is_a_clash(cast: Cast, small: Workflow) -> None:
    apply(small, [{"op": "remove_steps", "ids": ["gate"]}], revision=0, by=cast.ada.actor)
    with pytest.raises(Clash) as clash:
        apply(
            small,
            [{"op": "update_step", "id": "gate", "changes": {"name": "B"}}],
            revision=0,
            by=cast.cleo.actor,
        )
    assert clash.value.theirs == {"gate": None}


def test_one_window_never_clashes_with_itself(cast: Cast, small: Workflow) -> None:
    for name in "AB":
        change = {"op": "update_step", "id": "greet", "changes": {"name": name}}
        apply(small, [change], revision=0, by=cast.cleo.actor, window=Window("tab-1"))
    assert steps_of(small)["greet"]["name"] == "B"


def test_what_a_window_sends_twice_is_done_once(cast: Cast, small: Workflow) -> None:
    by, steps = cast.cleo.actor, [{**NEW, "id": name} for name in "ab"]
    for number, step in enumerate(steps):
        window = Window("tab-1", number)
        for _ in range(2):
            made = apply(small, [{"op": "add_step", "step": step}], revision=number, by=by, window=window)
            assert made.revision == number + 1
    for _ in range(2):
        assert undo(small, by=by, window=Window("tab-1", 2)).revision == 3
    for _ in range(2):
        assert redo(small, by=by, window=Window("tab-1", 3)).revision == 4
    assert {"a", "b"} < set(steps_of(small))


def test_each_person_undoes_what_is_theirs(cast: Cast, small: Workflow) -> None:
    apply(
        small, [{"op": "update_step", "id": "greet", "changes": {"name": "A"}}], revision=0, by=cast.ada.actor
    )
    apply(
        small, [{"op": "update_step", "id": "send", "changes": {"name": "B"}}], revision=1, by=cast.cleo.actor
    )
    undo(small, by=cast.ada.actor)
    steps = steps_of(small)
    assert ("name" in steps["greet"], steps["send"]["name"]) == (False, "B")


def test_what_another_went_on_with_is_not_undone(cast: Cast, small: Workflow) -> None:
    apply(
        small, [{"op": "update_step", "id": "greet", "changes": {"name": "A"}}], revision=0, by=cast.ada.actor
    )
    apply(
        small,
        [{"op": "update_step", "id": "greet", "changes": {"name": "B"}}],
        revision=1,
        by=cast.cleo.actor,
    )
    with pytest.raises(Clash, match="Cleo"):
        undo(small, by=cast.ada.actor)
    assert steps_of(small)["greet"]["name"] == "B"


def test_of_many_who_add_at_once_none_is_lost(committed_cast: Cast) -> None:
    small = operations.create(name="Small", by=committed_cast.cleo.actor, definition=SMALL)
    failed: list[ConvergioError] = []

    def add(number: int) -> None:
        try:
            step = {**NEW, "id": f"s{number}"}
            apply(small, [{"op": "add_step", "step": step}], revision=0, by=committed_cast.cleo.actor)
        except ConvergioError as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert set(steps_of(small)) == {"greet", "gate", "send", *(f"s{n}" for n in range(6))}
    assert sorted(DraftChange.objects.values_list("revision", flat=True)) == [1, 2, 3, 4, 5, 6]
