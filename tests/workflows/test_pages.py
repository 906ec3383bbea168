"""Pages of workflows, their drafts and versions, and the gallery."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from agents.operations import seed_agents
from tests.pages import browser
from tests.people import Cast
from tests.workflows.examples import CYCLE, SMALL, greeting
from workflows import operations, templates
from workflows.models import Workflow

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(cast: Cast) -> Workflow:
    workflow = operations.create(
        name="Greeting", slug="greeting", by=cast.cleo.actor, definition=SMALL, category="people"
    )
    operations.publish(workflow, by=cast.cleo.actor, note="First")
    workflow.refresh_from_db()
    return workflow


def test_a_newcomer_is_led_to_the_templates(cast: Cast) -> None:
    page = browser(cast.cleo).get("/workflows/").content.decode()
    assert "No workflow yet" in page
    assert "/templates/" in page


def test_workflows_are_found_by_words_and_category(cast: Cast, small: Workflow) -> None:
    operations.create(name="Invoices", by=cast.cleo.actor, category="finance")
    cleo = browser(cast.cleo)
    assert "Invoices" not in cleo.get("/workflows/?q=greet").content.decode()
    assert "Greeting" not in cleo.get("/workflows/?category=finance").content.decode()
    assert "Nothing fits" in cleo.get("/workflows/?q=%00zzz").content.decode()


def test_the_page_of_a_workflow_draws_its_steps(cast: Cast, small: Workflow) -> None:
    page = browser(cast.eve).get("/workflows/greeting/").content.decode()
    assert page.count('class="node-title"') == 3
    assert "city" in page


@pytest.mark.parametrize(
    "address", ["", "versions/", "versions/1/", "draft/", "statistics/", "runs/", "export/"]
)
def test_a_stranger_finds_nothing(cast: Cast, small: Workflow, address: str) -> None:
    assert browser(cast.finn).get(f"/workflows/greeting/{address}").status_code == 404


@pytest.mark.parametrize("address", ["", "versions/", "versions/1/", "draft/", "statistics/", "runs/"])
def test_a_viewer_may_look_at_everything(cast: Cast, small: Workflow, address: str) -> None:
    assert browser(cast.eve).get(f"/workflows/greeting/{address}").status_code == 200


def test_a_viewer_changes_nothing(cast: Cast, small: Workflow) -> None:
    eve = browser(cast.eve)
    for act in ("publication", "copies", "archival", "deletion", "versions/1/restoration"):
        assert eve.post(f"/workflows/greeting/{act}/").status_code == 403, act
    assert eve.get("/workflows/new/").status_code == 403
    assert Workflow.objects.count() == 1


def test_a_draft_is_saved_published_compared_and_restored(cast: Cast, small: Workflow) -> None:
    cleo = browser(cast.cleo)
    sent = {"document": json.dumps(greeting("Good day")), "revision": small.draft_revision}
    assert cleo.post("/workflows/greeting/draft/", sent).status_code == 303
    page = cleo.get("/workflows/greeting/comparison/?old=1&new=draft").content.decode()
    assert "greet" in page
    assert "Good day" in page
    assert page.count("is-changed") == 2, "the step is marked in both pictures"
    assert cleo.post("/workflows/greeting/publication/", {"note": "Politer"}).status_code == 303
    assert "Politer" in cleo.get("/workflows/greeting/versions/").content.decode()
    assert cleo.post("/workflows/greeting/versions/1/restoration/").status_code == 303
    small.refresh_from_db()
    assert small.published
    assert small.published.number == 2
    assert "Hello" in json.dumps(small.draft)


def test_two_people_editing_the_same_draft_are_told(cast: Cast, small: Workflow) -> None:
    operations.save_draft(small, greeting("Hi"), revision=small.draft_revision, by=cast.ada.actor)
    sent = {"document": json.dumps(greeting("Mine")), "revision": small.draft_revision}
    response = browser(cast.cleo).post("/workflows/greeting/draft/", sent)
    assert response.status_code == 409
    assert "saved in the meantime" in response.content.decode()
    assert "Mine" in response.content.decode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{not json", "JSON"),
        ("[]", "object"),
        ('{"steps": [{"id": "a", "type": "magic"}]}', "magic"),
        ('{"surprise": 1}', "surprise"),
        ("\x00", "JSON"),
        ("[" * 100_000, ""),
        ("", "JSON"),
    ],
)
def test_a_draft_that_cannot_be_read_is_kept_on_the_page_with_the_reason(
    cast: Cast, small: Workflow, text: str, sentence: str
) -> None:
    sent = {"document": text, "revision": small.draft_revision}
    response = browser(cast.cleo).post("/workflows/greeting/draft/", sent)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    small.refresh_from_db()
    assert small.draft_revision == 0


def test_a_draft_with_findings_is_saved_but_not_published(cast: Cast, small: Workflow) -> None:
    cleo = browser(cast.cleo)
    cleo.post("/workflows/greeting/draft/", {"document": json.dumps(CYCLE), "revision": small.draft_revision})
    assert "finding" in cleo.get("/workflows/greeting/draft/").content.decode()
    response = cleo.post("/workflows/greeting/publication/")
    assert response.status_code == 422
    assert "cannot be published yet" in response.content.decode()


def test_an_export_can_be_imported_again(cast: Cast, small: Workflow) -> None:
    cleo = browser(cast.cleo)
    exported = cleo.get("/workflows/greeting/export/")
    assert "attachment" in exported["Content-Disposition"]
    response = cleo.post(
        "/workflows/import/", {"file": SimpleUploadedFile("greeting.json", exported.content)}
    )
    assert response.status_code == 303
    assert Workflow.objects.get(slug="greeting-2").draft == small.draft


@pytest.mark.parametrize("sent", [{"text": ""}, {"text": "{"}, {"text": '{"definition": 5}'}])
def test_what_is_no_workflow_is_not_imported(cast: Cast, sent: dict[str, Any]) -> None:
    assert browser(cast.cleo).post("/workflows/import/", sent).status_code == 422


def test_a_file_that_is_no_text_is_not_imported(cast: Cast) -> None:
    sent = {"file": SimpleUploadedFile("x.json", b"\xff\xfe\x00binary")}
    response = browser(cast.cleo).post("/workflows/import/", sent)
    assert response.status_code == 422
    assert "UTF-8" in response.content.decode()


def test_a_workflow_is_made_copied_archived_and_deleted(cast: Cast) -> None:
    cleo = browser(cast.cleo)
    assert cleo.post("/workflows/new/", {"name": ""}).status_code == 422
    assert cleo.post("/workflows/new/", {"name": "Our reports"}).status_code == 303
    assert cleo.post("/workflows/our-reports/copies/").status_code == 303
    assert cleo.post("/workflows/our-reports/archival/").status_code == 303
    assert Workflow.objects.get(slug="our-reports").archived_at
    assert cleo.post("/workflows/our-reports-copy/deletion/").status_code == 303
    assert not Workflow.objects.filter(slug="our-reports-copy").exists()


def test_name_and_description_are_changed(cast: Cast, small: Workflow) -> None:
    sent = {"name": "Welcome", "description": "Says hello", "category": "people", "tags": "a, b"}
    assert browser(cast.cleo).post("/workflows/greeting/facts/", sent).status_code == 303
    small.refresh_from_db()
    assert (small.name, small.tags) == ("Welcome", ["a", "b"])


def test_the_gallery_shows_every_template_with_its_picture(cast: Cast) -> None:
    page = browser(cast.eve).get("/templates/").content.decode()
    assert page.count('class="graph-svg"') == len(templates.all_templates())
    assert browser(cast.eve).get("/templates/no-such-thing/").status_code == 404


def test_a_template_becomes_a_workflow_that_can_be_run_at_once(cast: Cast) -> None:
    seed_agents(cast.workspace)
    response = browser(cast.cleo).post(
        "/templates/strategic-analysis/", {"name": "Our strategy", "slug": "ours"}
    )
    assert (response.status_code, response["Location"]) == (303, "/workflows/ours/run/")
    assert browser(cast.eve).post("/templates/strategic-analysis/", {"name": "x"}).status_code == 403


def test_a_taken_address_is_said_on_the_page(cast: Cast, small: Workflow) -> None:
    seed_agents(cast.workspace)
    response = browser(cast.cleo).post("/templates/strategic-analysis/", {"name": "x", "slug": "greeting"})
    assert response.status_code == 422
    assert "taken" in response.content.decode()


def test_versions_that_do_not_exist_are_not_found(cast: Cast, small: Workflow) -> None:
    eve = browser(cast.eve)
    for address in (
        "versions/9/",
        "versions/99999999999/",
        "comparison/?old=x&new=draft",
        f"comparison/?old={'9' * 5000}&new=draft",
        "export/?version=9",
        f"export/?version={'9' * 5000}",
    ):
        assert eve.get(f"/workflows/greeting/{address}").status_code == 404, address


def test_a_draft_that_calls_its_own_workflow_is_told_so_on_every_page(cast: Cast, small: Workflow) -> None:
    itself = {"steps": [{"id": "again", "type": "workflow", "config": {"workflow": "greeting"}}]}
    operations.save_draft(small, itself, revision=small.draft_revision, by=cast.cleo.actor)
    page = browser(cast.cleo).get("/workflows/greeting/draft/").content.decode()
    assert "calls the workflow that it is part of" in page


def test_one_goes_from_one_workspace_to_another_and_no_further(cast: Cast) -> None:
    ada = browser(cast.ada)
    assert ada.post(f"/workspace/{cast.elsewhere.id}/").status_code == 404
    assert ada.post(f"/workspace/{cast.workspace.id}/").status_code == 302


def test_every_page_forbids_inline_scripts_and_styles(cast: Cast, small: Workflow) -> None:
    response = browser(cast.ada).get("/workflows/greeting/")
    policy = response["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    page = response.content.decode()
    assert " style=" not in page
    assert "onclick" not in page
    assert "<script>" not in page
