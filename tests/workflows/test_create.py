"""Making workflows: slugs, facts, who may."""

import threading
from typing import Any

import pytest
from django.db import connection

from convergio.audit.models import AuditEntry
from convergio.errors import ConvergioError, InvalidInput, NotAllowed
from tests.people import Cast
from tests.workflows.examples import SMALL
from workflows import operations
from workflows.models import Workflow

ROLES = ["owner", "admin", "builder", "approver", "viewer"]


def test_a_workflow_begins_with_an_empty_draft_and_a_slug_from_its_name(cast: Cast) -> None:
    workflow = operations.create(name=" Größe prüfen ", by=cast.cleo.actor)
    assert (workflow.name, workflow.slug) == ("Größe prüfen", "groe-prufen")
    assert (workflow.draft, workflow.draft_revision, workflow.published) == ({"format": 1}, 0, None)
    assert workflow.created_by == cast.cleo.user


@pytest.mark.parametrize("role", ROLES)
def test_builders_and_above_make_workflows(cast: Cast, role: str) -> None:
    by = cast.by_role[role].actor
    if role in ("owner", "admin", "builder"):
        assert operations.create(name="New", by=by).pk
        return
    with pytest.raises(NotAllowed):
        operations.create(name="New", by=by)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Report", "report"),
        ("2 reports", "workflow-2-reports"),
        ("東京", "workflow"),
        ("A_b-9", "a_b-9"),
        ("New", "new-2"),
        ("new", "new-2"),
    ],
)
def test_a_slug_made_from_a_name_follows_the_rule(cast: Cast, name: str, slug: str) -> None:
    assert operations.create(name=name, by=cast.cleo.actor).slug == slug


def test_slugs_are_unique_in_their_workspace_alone(cast: Cast) -> None:
    slugs = [operations.create(name="Same", by=cast.cleo.actor).slug for _ in range(3)]
    assert slugs == ["same", "same-2", "same-3"]
    assert operations.create(name="Same", by=cast.finn.actor).slug == "same"
    with pytest.raises(InvalidInput, match="taken"):
        operations.create(name="Other", slug="same-2", by=cast.cleo.actor)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "nul\x00"}, "name"),
        ({"slug": "9lives"}, "slug"),
        ({"slug": "a" * 101}, "slug"),
        ({"slug": "../etc"}, "slug"),
        ({"slug": "new"}, "slug"),
        ({"description": "x" * 1001}, "description"),
        ({"category": "x" * 65}, "category"),
        ({"tags": ["x"] * 0 + [str(n) for n in range(21)]}, "tags"),
        ({"tags": [""]}, "tags"),
        ({"tags": "text"}, "tags"),
    ],
)
def test_facts_out_of_bounds_are_refused_at_their_field(
    cast: Cast, facts: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        operations.create(**{"name": "Fine", "by": cast.cleo.actor} | facts)
    assert refused.value.details[0]["field"] == field
    assert not Workflow.objects.exists()


@pytest.mark.parametrize("definition", [[], "text", {"steps": 3}, {"format": 99}, {"steps": [{"id": "a"}]}])
def test_a_definition_that_cannot_be_read_is_refused(cast: Cast, definition: Any) -> None:
    with pytest.raises(InvalidInput):
        operations.create(name="Bad", definition=definition, by=cast.cleo.actor)


def test_twenty_at_once_get_slugs_of_their_own_or_a_sentence(committed_cast: Cast) -> None:
    gate, ends = threading.Barrier(8), []

    def make() -> None:
        gate.wait()
        try:
            ends.append(operations.create(name="Race", by=committed_cast.cleo.actor).slug)
        except ConvergioError as refused:
            ends.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    made = [end for end in ends if end != "invalid_input"]
    assert len(ends) == 8
    assert len(set(made)) == len(made) == Workflow.objects.count() > 0


def test_facts_are_changed_one_by_one_and_audited(cast: Cast) -> None:
    workflow = operations.create(name="Old", by=cast.cleo.actor, definition=SMALL)
    operations.update(workflow, by=cast.ben.actor, name="New", tags=["a", "b", "a"], is_active=False)
    workflow.refresh_from_db()
    assert (workflow.name, workflow.tags, workflow.is_active, workflow.slug) == (
        "New",
        ["a", "b"],
        False,
        "old",
    )
    entry = AuditEntry.objects.get(action="workflow.update")
    assert entry.changes == {"name": ["Old", "New"], "tags": [[], ["a", "b"]], "is_active": [True, False]}


@pytest.mark.parametrize(
    "fields",
    [
        {"slug": "taken"},
        {"draft": {}},
        {"workspace": None},
        {"is_active": "yes"},
        {"name": None},
    ],
)
def test_what_cannot_be_changed_is_a_sentence(cast: Cast, fields: dict[str, Any]) -> None:
    operations.create(name="Taken", by=cast.cleo.actor)
    workflow = operations.create(name="Mine", by=cast.cleo.actor)
    with pytest.raises(InvalidInput):
        operations.update(workflow, by=cast.cleo.actor, **fields)
    workflow.refresh_from_db()
    assert (workflow.name, workflow.slug) == ("Mine", "mine")
