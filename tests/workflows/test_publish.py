"""Drafts, versions, and what they promise."""

import threading
from typing import Any

import pytest
from django.db import connection

from convergio.audit.models import AuditEntry
from convergio.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests.people import Cast
from tests.workflows.examples import CYCLE, SMALL, greeting
from workflows import comparison, operations, queries
from workflows.models import Workflow, WorkflowVersion
from workflows.signals import version_published


@pytest.fixture
def workflow(cast: Cast) -> Workflow:
    return operations.create(name="Greeting", by=cast.cleo.actor, definition=SMALL)


def test_publishing_freezes_the_draft_as_a_numbered_version(cast: Cast, workflow: Workflow) -> None:
    heard: list[WorkflowVersion] = []

    def listen(version: WorkflowVersion, **_: Any) -> None:
        heard.append(version)

    version_published.connect(listen)
    version = operations.publish(workflow, by=cast.cleo.actor, note="First")
    version_published.disconnect(listen)
    workflow.refresh_from_db()
    assert (version.number, version.note, version.definition) == (1, "First", workflow.draft)
    assert (workflow.published, heard) == (version, [version])
    entry = AuditEntry.objects.get(action="workflow.publish")
    assert entry.changes["published"] == [None, "Greeting v1"]


def test_a_version_stays_when_the_draft_moves_on(cast: Cast, workflow: Workflow) -> None:
    first = operations.publish(workflow, by=cast.cleo.actor)
    operations.save_draft(workflow, greeting("Good day"), revision=0, by=cast.cleo.actor)
    second = operations.publish(workflow, by=cast.cleo.actor)
    first.refresh_from_db()
    assert (first.number, second.number) == (1, 2)
    assert first.definition["steps"][0]["config"]["value"].startswith("Hello")
    assert first.digest != second.digest


def test_publishing_the_same_again_is_a_sentence_and_no_version(cast: Cast, workflow: Workflow) -> None:
    operations.publish(workflow, by=cast.cleo.actor)
    with pytest.raises(Conflict, match="same as version 1"):
        operations.publish(workflow, by=cast.cleo.actor)
    assert workflow.versions.count() == 1


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        (CYCLE, "cycle"),
        ({"steps": []}, ""),
        ({"steps": [{"id": "a", "type": "agent", "config": {"agent": "nobody", "prompt": "x"}}]}, "agent"),
        ({"steps": [{"id": "a", "type": "tool", "config": {"tool": "no_such_tool"}}]}, "tool"),
        ({"steps": [{"id": "a", "type": "transform", "config": {"value": "${steps.b.output}"}}]}, ""),
    ],
)
def test_a_faulty_draft_is_not_published_and_every_finding_is_told(
    cast: Cast, definition: dict[str, Any], code: str
) -> None:
    workflow = operations.create(name="Faulty", by=cast.cleo.actor, definition=definition)
    with pytest.raises(InvalidInput) as refused:
        operations.publish(workflow, by=cast.cleo.actor)
    assert refused.value.code == "not_publishable"
    assert any(code in detail["code"] for detail in refused.value.details)
    assert all(detail["message"] for detail in refused.value.details)
    assert not workflow.versions.exists()


def test_a_draft_that_somebody_else_saved_is_not_overwritten(cast: Cast, workflow: Workflow) -> None:
    saved = operations.save_draft(workflow, greeting("Hi"), revision=0, by=cast.cleo.actor)
    assert saved.draft_revision == 1
    with pytest.raises(Conflict, match="you have revision 0, it is at revision 1"):
        operations.save_draft(workflow, greeting("Hey"), revision=0, by=cast.ada.actor)
    assert operations.save_draft(workflow, greeting("Hey"), revision=1, by=cast.ada.actor).draft_revision == 2


def test_saving_the_same_draft_moves_nothing(cast: Cast, workflow: Workflow) -> None:
    assert operations.save_draft(workflow, SMALL, revision=0, by=cast.cleo.actor).draft_revision == 0


def test_of_two_who_save_at_once_one_is_told(committed_cast: Cast) -> None:
    workflow = operations.create(name="Race", by=committed_cast.cleo.actor, definition=SMALL)
    gate, ends = threading.Barrier(2), []

    def save(word: str) -> None:
        gate.wait()
        try:
            operations.save_draft(workflow, greeting(word), revision=0, by=committed_cast.cleo.actor)
            ends.append("saved")
        except Conflict:
            ends.append("told")
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=(word,)) for word in ("Hi", "Hey")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(ends) == ["saved", "told"]


def test_an_older_version_is_restored_as_the_draft(cast: Cast, workflow: Workflow) -> None:
    first = operations.publish(workflow, by=cast.cleo.actor)
    operations.save_draft(workflow, greeting("Hi"), revision=0, by=cast.cleo.actor)
    operations.publish(workflow, by=cast.cleo.actor)
    restored = operations.restore(first, by=cast.cleo.actor)
    assert (restored.draft, restored.draft_revision) == (first.definition, 2)
    assert operations.publish(workflow, by=cast.cleo.actor).number == 3


def test_an_archived_workflow_is_not_changed_until_it_is_back(cast: Cast, workflow: Workflow) -> None:
    version = operations.publish(workflow, by=cast.cleo.actor)
    operations.archive(workflow, by=cast.cleo.actor)
    assert operations.archive(workflow, by=cast.cleo.actor).archived_at is not None
    for act in (
        lambda: operations.save_draft(workflow, greeting("Hi"), revision=0, by=cast.cleo.actor),
        lambda: operations.publish(workflow, by=cast.cleo.actor),
        lambda: operations.restore(version, by=cast.cleo.actor),
    ):
        with pytest.raises(Conflict, match="archived"):
            act()
    operations.unarchive(workflow, by=cast.cleo.actor)
    assert operations.unarchive(workflow, by=cast.cleo.actor).archived_at is None
    assert AuditEntry.objects.filter(action__contains="archive").count() == 2


def test_a_copy_has_the_draft_and_no_version(cast: Cast, workflow: Workflow) -> None:
    operations.publish(workflow, by=cast.cleo.actor)
    copied = operations.copy(workflow, by=cast.cleo.actor)
    assert (copied.name, copied.slug, copied.draft) == ("Greeting (copy)", "greeting-copy", workflow.draft)
    assert copied.published is None


def test_a_workflow_that_never_ran_can_be_deleted(cast: Cast, workflow: Workflow) -> None:
    operations.publish(workflow, by=cast.cleo.actor)
    operations.delete(workflow, by=cast.cleo.actor)
    assert not Workflow.objects.exists()
    assert AuditEntry.objects.get(action="workflow.delete").object_label == "Greeting"


def test_a_workflow_with_runs_is_kept(cast: Cast, workflow: Workflow) -> None:
    from executions.models import Execution

    version = operations.publish(workflow, by=cast.cleo.actor)
    Execution.objects.create(workspace=cast.workspace, workflow=workflow, version=version, number=1)
    with pytest.raises(Conflict, match="archive it instead"):
        operations.delete(workflow, by=cast.cleo.actor)
    assert Workflow.objects.filter(pk=workflow.pk).exists()
    assert not AuditEntry.objects.filter(action="workflow.delete").exists()


VERBS: dict[str, Any] = {
    "update": lambda workflow, by: operations.update(workflow, name="X", by=by),
    "save_draft": lambda workflow, by: operations.save_draft(workflow, greeting("Hi"), revision=0, by=by),
    "publish": lambda workflow, by: operations.publish(workflow, by=by),
    "restore": lambda workflow, by: operations.restore(workflow.versions.get(), by=by),
    "copy": lambda workflow, by: operations.copy(workflow, by=by),
    "archive": lambda workflow, by: operations.archive(workflow, by=by),
    "unarchive": lambda workflow, by: operations.unarchive(workflow, by=by),
    "delete": lambda workflow, by: operations.delete(workflow, by=by),
    "import": lambda workflow, by: operations.import_workflow(operations.export(workflow), by=by),
    "instantiate": lambda workflow, by: operations.instantiate("data-analysis-pipeline", by=by),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("role", ["owner", "admin", "builder", "approver", "viewer", "key", "outsider"])
def test_every_verb_is_for_builders_of_the_same_workspace(
    cast: Cast, workflow: Workflow, verb: str, role: str
) -> None:
    operations.publish(workflow, by=cast.cleo.actor)
    Workflow.objects.filter(pk=workflow.pk).update(draft=greeting("Moin"))
    workflow.refresh_from_db()
    people = {name: person.actor for name, person in cast.by_role.items()}
    by = {**people, "key": cast.cleo.with_scopes("read", "run"), "outsider": cast.finn.actor}[role]
    if role in ("owner", "admin", "builder") or (role == "outsider" and verb in ("import", "instantiate")):
        VERBS[verb](workflow, by)
        return
    with pytest.raises(NotFound if role == "outsider" else NotAllowed):
        VERBS[verb](workflow, by)


def test_versions_are_compared_as_people_would_say_it(cast: Cast, workflow: Workflow) -> None:
    changed = greeting("Hi")
    changed["steps"] = [
        changed["steps"][0] | {"position": {"x": 9, "y": 9}},
        changed["steps"][1],
        {"id": "post", "type": "transform", "config": {"value": 1}},
    ]
    changed["edges"] = [changed["edges"][0], {"source": "gate", "port": "approved", "target": "post"}]
    changed["outputs"] = {}
    found = comparison.compare(SMALL, changed)
    assert [step["id"] for step in found["steps"]["added"]] == ["post"]
    assert [step["id"] for step in found["steps"]["removed"]] == ["send"]
    assert found["steps"]["changed"] == [
        {
            "id": "greet",
            "changes": [{"place": "config.value", "old": "Hello ${inputs.city}", "new": "Hi ${inputs.city}"}],
        }
    ]
    assert found["edges"]["added"][0]["target"] == "post"
    assert found["settings"][0]["place"] == "outputs.text"
    assert comparison.compare(SMALL, SMALL)["steps"] == {"added": [], "removed": [], "changed": []}


def test_notes_are_compared_by_what_they_say() -> None:
    old = {**SMALL, "notes": [{"id": "a", "text": "Ask Ada."}]}
    moved = {**SMALL, "notes": [{"id": "a", "text": "Ask Ada.", "position": {"x": 9, "y": 9}}]}
    assert comparison.compare(old, moved)["settings"] == []
    found = comparison.compare(old, {**SMALL, "notes": [{"id": "b", "text": "Ask Ben."}]})["settings"]
    assert [(one["place"], one["old"], one["new"]) for one in found] == [
        ("notes.a", "Ask Ada.", None),
        ("notes.b", None, "Ask Ben."),
    ]


def test_lists_show_only_ones_own_workspace(cast: Cast, workflow: Workflow) -> None:
    assert list(queries.visible_to(cast.eve.actor)) == [workflow]
    assert not queries.visible_to(cast.finn.actor).exists()
    assert list(queries.search(queries.visible_to(cast.eve.actor), text="greet\x00")) == [workflow]
    assert not queries.search(queries.visible_to(cast.eve.actor), text="nothing").exists()
    assert not queries.search(queries.visible_to(cast.eve.actor), category="x", tag="y").exists()


def test_versions_are_found_by_number(cast: Cast, workflow: Workflow) -> None:
    version = operations.publish(workflow, by=cast.cleo.actor)
    assert queries.version(workflow, 1) == version
    assert queries.versions(workflow).get().runs == 0
    for number in (0, 2, 10**30):
        with pytest.raises(NotFound):
            queries.version(workflow, number)
