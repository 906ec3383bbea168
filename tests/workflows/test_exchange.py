"""Workflows as documents: export, import, templates."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from convergio.errors import InvalidInput, NotFound
from tests.people import Cast
from tests.unit.workflows.strategies import definitions
from tests.workflows.examples import SMALL, greeting
from workflows import documents, operations, queries, templates
from workflows.schema import Definition, dump_definition


def test_import_of_an_export_is_the_same_again(cast: Cast) -> None:
    facts: dict[str, Any] = {"description": "Says hello", "category": "demo", "tags": ["x", "y"]}
    workflow = operations.create(name="Greeting", by=cast.cleo.actor, definition=SMALL, **facts)
    exported = operations.export(workflow)
    again = operations.import_workflow(exported, by=cast.finn.actor)
    assert operations.export(again) == exported


@pytest.mark.parametrize("slug", [one.slug for one in templates.all_templates()])
def test_import_then_export_is_the_identity_for_every_template(cast: Cast, slug: str) -> None:
    first = operations.export(operations.instantiate(slug, by=cast.cleo.actor))
    again = operations.import_workflow(json.loads(json.dumps(first)), by=cast.finn.actor)
    assert operations.export(again) == first


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(definitions(max_steps=12, max_depth=3))
def test_import_then_export_is_the_identity_for_any_definition(cast: Cast, definition: Definition) -> None:
    document = documents.Document("any", "Any", "", "", (), dump_definition(definition)).as_json()
    made = operations.import_workflow(json.loads(json.dumps(document)), by=cast.cleo.actor)
    made.refresh_from_db()
    assert operations.export(made) == {**document, "slug": made.slug}


def test_a_version_is_exported_as_it_was_published(cast: Cast) -> None:
    workflow = operations.create(name="Greeting", by=cast.cleo.actor, definition=SMALL)
    version = operations.publish(workflow, by=cast.cleo.actor)
    workflow = operations.save_draft(workflow, greeting("Hi"), revision=0, by=cast.cleo.actor)
    assert operations.export(workflow, version)["definition"] == version.definition
    assert operations.export(workflow)["definition"] != version.definition


def test_a_taken_slug_gives_way_unless_it_is_asked_for(cast: Cast) -> None:
    exported = operations.export(operations.create(name="Greeting", by=cast.cleo.actor, definition=SMALL))
    assert operations.import_workflow(exported, by=cast.cleo.actor).slug == "greeting-2"
    with pytest.raises(InvalidInput, match="taken"):
        operations.import_workflow(exported, slug="greeting", by=cast.cleo.actor)


def test_a_slug_with_capitals_is_kept_so_that_who_calls_it_finds_it(cast: Cast) -> None:
    exported = operations.export(
        operations.create(name="x", slug="Big", by=cast.cleo.actor, definition=SMALL)
    )
    assert operations.import_workflow(exported, by=cast.finn.actor).slug == "Big"
    assert operations.import_workflow(exported, by=cast.finn.actor).slug == "Big-2"


def test_a_bare_definition_is_imported_under_a_name(cast: Cast) -> None:
    workflow = operations.import_workflow(SMALL, name="Bare", by=cast.cleo.actor)
    assert (workflow.name, workflow.draft) == ("Bare", documents.canonical(SMALL))


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "text",
        {},
        {"name": "No definition"},
        {"name": "Unknown key", "definition": SMALL, "owner": "me"},
        {"name": 3, "definition": SMALL},
        {"name": "Bad slug", "slug": "9", "definition": SMALL},
        {"name": "Bad tags", "tags": "x", "definition": SMALL},
        {"name": "Bad definition", "definition": {"steps": {}}},
        {"name": "NUL", "definition": {"outputs": {"a": "\x00"}}},
    ],
)
def test_what_is_no_workflow_is_refused_in_a_sentence(cast: Cast, document: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        operations.import_workflow(document, by=cast.cleo.actor)
    assert refused.value.sentence


def test_the_gallery_holds_eleven_templates_and_their_samples() -> None:
    found = templates.all_templates()
    assert len(found) == 11
    assert sum(map(len, templates.categories().values())) == 11
    for one in found:
        required = {field.name for field in one.definition.inputs if field.required}
        assert required <= set(one.sample_inputs), one.slug
    assert templates.sample_file("samples/shop-orders.csv").read_text().count("\n") > 10


@pytest.mark.parametrize("name", ["nothing", "../models.py", "samples/../samples/shop-orders.csv", "\x00"])
def test_the_gallery_gives_nothing_else_away(name: str) -> None:
    with pytest.raises(NotFound):
        templates.template(name)
    with pytest.raises(NotFound):
        templates.sample_file(name)


@pytest.mark.parametrize("slug", [one.slug for one in templates.all_templates()])
def test_a_template_becomes_a_published_workflow(cast: Cast, slug: str) -> None:
    from agents.operations import seed_agents

    seed_agents(cast.workspace)
    operations_board(cast)
    workflow = operations.instantiate(slug, by=cast.cleo.actor)
    assert queries.errors(queries.findings(workflow)) == []
    assert workflow.published is not None
    assert (workflow.source_template, workflow.slug) == (slug, slug)


def operations_board(cast: Cast) -> None:
    """Groups that templates address."""
    from convergio.workspaces.models import Group

    for slug in group_slugs():
        Group.objects.get_or_create(workspace=cast.workspace, slug=slug, defaults={"name": slug.title()})


def group_slugs() -> set[str]:
    """Every group that some template names."""
    text = "".join(str(one.document.definition) for one in templates.all_templates())
    return {part.split("'")[0] for part in text.split("'group:")[1:]}


def test_a_template_for_which_something_is_missing_stays_a_draft(cast: Cast) -> None:
    workflow = operations.instantiate("strategic-analysis", by=cast.cleo.actor, name="Mine", slug="mine")
    assert (workflow.name, workflow.slug, workflow.published) == ("Mine", "mine", None)
    assert queries.errors(queries.findings(workflow))


def test_an_unknown_template_is_not_found(cast: Cast) -> None:
    with pytest.raises(NotFound):
        operations.instantiate("nothing", by=cast.cleo.actor)
