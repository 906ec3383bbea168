"""The step panel over HTTP: what it shows is what it saves, and nothing that somebody wrote is lost."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.pages import browser
from tests.people import Cast
from tests.workflows.panels import HTMX, STEPS, address, controls, form_of, make_every, opened, send, step_of
from workflows import operations
from workflows.models import Workflow

pytestmark = pytest.mark.django_db


@pytest.fixture
def every(cast: Cast) -> Workflow:
    return make_every(cast)


@pytest.fixture
def cleo(cast: Cast) -> Client:
    return browser(cast.cleo)


def test_a_panel_that_is_sent_untouched_touches_nothing(cleo: Client, every: Workflow) -> None:
    before = every.draft
    for step in ["", *STEPS]:
        page = opened(cleo, step)
        form = form_of(page)
        shows_what_it_compares_with(form, step)
        every_control_has_an_id_of_its_own_and_every_description_is_there(page, step)
        answer = cleo.post(address(step), form, headers=HTMX)
        assert answer.status_code == 200, step
        assert "HX-Trigger" not in answer.headers, step
        every.refresh_from_db()
        assert (every.draft, every.draft_revision) == (before, 0), step


def shows_what_it_compares_with(form: dict[str, str], step: str) -> None:
    shown = {name: text.replace("\r\n", "\n") for name, text in form.items()}
    for name, text in json.loads(form["base"]).items():
        assert shown[name] == text, (step, name)


def every_control_has_an_id_of_its_own_and_every_description_is_there(page: Any, step: str) -> None:
    found = controls(page)
    assert len(found.ids) == len(set(found.ids)), step
    assert set(found.described) <= set(found.ids), step


# Every type of step is set up through its panel.

CHANGES: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "research": (
        {"config.prompt": "Look again", "config.agent": "insight-writer"},
        {"prompt": "Look again", "agent": "insight-writer"},
    ),
    "talk": (
        {"config.members.0": "insight-writer", "config.members.1": "data-analyst", "config.max_turns": "9"},
        {"members": ["insight-writer", "data-analyst"], "max_turns": 9},
    ),
    "sum": ({"config.arguments.0.value": "2 + 2"}, {"arguments": {"expression": "2 + 2"}}),
    "gate": ({"config.branches.0.when.items.0.value": "0.5", "config.branches.1.port": "poor"}, {}),
    "approve": (
        {
            "config.title": "Really?",
            "config.quorum.kind": "all",
            "config.due_s": "2 h",
            "config.priority": "urgent",
            "config.answers.1.counts_as": "approve",
            "config.approvers.0": "${steps.research.output}",
            "config.form.0.default": "because",
        },
        {
            "title": "Really?",
            "quorum": "all",
            "due_s": 7200.0,
            "priority": "urgent",
            "answers": [{"id": "now", "label": "Send now"}, {"id": "never", "needs_comment": True}],
            "approvers": ["${steps.research.output}", "group:board", "user:dan@example.com"],
            "form": {"type": "object", "properties": {"why": {"type": "string", "default": "because"}}},
        },
    ),
    "ask": (
        {"config.form.0.kind": "choice", "config.form.0.choices": "a\r\nb"},
        {"form": {"type": "object", "properties": {"note": {"type": "string", "enum": ["a", "b"]}}}},
    ),
    "both": ({"config.wait_for.kind": "any", "config.concurrency": ""}, {"wait_for": "any"}),
    "each": (
        {"config.items": "${inputs.question}", "config.on_item_error": "skip"},
        {"items": "${inputs.question}", "on_item_error": "skip"},
    ),
    "until": (
        {"config.condition.op": "gte"},
        {"condition": {"path": "$.loop.number", "op": "gte", "value": 2}},
    ),
    "shape": ({"config.value": '{"a": "${item}"}'}, {"value": {"a": "${item}"}}),
    "pause": (
        {"config.kind": "until", "config.until": "2030-01-01T00:00:00Z", "config.expires_s": ""},
        {"until": "2030-01-01T00:00:00Z"},
    ),
    "child": ({"config.inputs.0.value": "Paris"}, {"inputs": {"city": "Paris", "odd": 5}}),
}


def test_a_setting_of_every_type_is_saved_from_its_panel(cleo: Client, every: Workflow) -> None:
    for revision, (step, (sent, expected)) in enumerate(CHANGES.items(), 1):
        answer = send(cleo, step, **sent)
        assert answer.status_code == 200, step
        assert "aria-invalid" not in answer.content.decode(), step
        assert f'"revision": {revision}' in answer.headers["HX-Trigger"], step
        config = step_of(every, step)["config"]
        assert {key: config[key] for key in expected} == expected, step


def test_a_branch_that_is_renamed_takes_its_line_along(cleo: Client, every: Workflow) -> None:
    send(cleo, "gate", **{"config.branches.0.port": "fine"})
    every.refresh_from_db()
    assert {"source": "gate", "port": "fine", "target": "approve"} in every.draft["edges"]


def test_common_settings_are_saved(cleo: Client, every: Workflow) -> None:
    common = {
        "timeout_s": "5 min",
        "on_error.action": "continue",
        "on_error.default": "[]",
        "retry.attempts": "2",
    }
    send(
        cleo,
        "talk",
        **common,
        **{"sla.target_s": "1 min", "guardrails.max_tokens": "5000", "notes": "Mind the gap"},
    )
    step = step_of(every, "talk")
    assert step["timeout_s"] == 300
    assert step["on_error"] == {"action": "continue", "default": []}
    assert (step["retry"], step["sla"], step["guardrails"]) == (
        {"attempts": 2},
        {"target_s": 60},
        {"max_tokens": 5000},
    )
    assert step["notes"] == "Mind the gap"


def test_an_id_is_renamed_wherever_it_is_named(cleo: Client, every: Workflow) -> None:
    answer = send(cleo, "research", id="look_around", name="Look around")
    assert '"step": "look_around"' in answer.headers["HX-Trigger"]
    assert 'action="/workflows/every/steps/look_around/panel/"' in answer.content.decode()
    assert step_of(every, "look_around")["name"] == "Look around"
    assert step_of(every, "approve")["config"]["data"] == {"score": "${steps.look_around.output.score}"}
    assert cleo.get(address("research"), headers=HTMX).status_code == 404


def test_an_id_that_is_taken_is_refused_beside_its_field(cleo: Client, every: Workflow) -> None:
    page = send(cleo, "research", id="talk").content.decode()
    assert "There is already a step with the id “talk”." in page
    assert 'aria-describedby="f-id-help f-id-error"' in page
    assert step_of(every, "research")


def test_the_workflow_itself_has_a_panel(cleo: Client, every: Workflow) -> None:
    answer = send(
        cleo, "", **{"inputs.0.label": "Your question", "outputs.1.value": "7", "guardrails.max_cost": "3"}
    )
    send(cleo, "", **{"sla.target_s": "2 h"})
    send(cleo, "", **{"sla.escalate_to": "role:owner, group:board"})
    assert '"revision": 1' in answer.headers["HX-Trigger"]
    every.refresh_from_db()
    assert every.draft["inputs"][0]["label"] == "Your question"
    assert every.draft["outputs"] == {"answer": "${steps.research.output}", "n": 7}
    assert every.draft["guardrails"] == {"max_cost": 3}
    assert every.draft["sla"] == {"target_s": 7200, "escalate_to": ["role:owner", "group:board"]}
    assert len(every.draft["steps"]) == len(STEPS)


# Buttons, mistakes, and two people at one step.


def test_a_row_is_added_filled_and_saved(cleo: Client, every: Workflow) -> None:
    added = send(cleo, "", do="add:inputs")
    form = form_of(added)
    assert "HX-Trigger" not in added.headers, "an empty row is not saved"
    assert "give the input a name" in added.content.decode()
    saved = cleo.post(address(""), form | {"inputs.3.name": "city", "do": ""}, headers=HTMX)
    assert "HX-Trigger" in saved.headers
    every.refresh_from_db()
    assert [one["name"] for one in every.draft["inputs"]] == ["question", "depth", "table", "city"]


def test_a_row_that_is_chosen_from_a_list_stays_until_it_is_chosen(cleo: Client, every: Workflow) -> None:
    added = send(cleo, "talk", do="add:config.members")
    assert form_of(added)["config.members.2"] == ""
    assert "HX-Trigger" not in added.headers
    cleo.post(address("talk"), form_of(added) | {"config.members.2": "copywriter", "do": ""}, headers=HTMX)
    assert step_of(every, "talk")["config"]["members"][2] == "copywriter"


def test_rows_are_removed_and_moved(cleo: Client, every: Workflow) -> None:
    send(cleo, "approve", do="remove:config.approvers.1")
    send(cleo, "approve", do="down:config.approvers.0")
    assert step_of(every, "approve")["config"]["approvers"] == ["user:dan@example.com", "role:approver"]


def test_a_condition_grows_by_buttons(cleo: Client, every: Workflow) -> None:
    grown = send(cleo, "gate", do="any:config.branches.1.when")
    form = form_of(grown) | {"config.branches.1.when.items.1.path": "$.talk.text", "do": ""}
    form |= {"config.branches.1.when.items.1.op": "contains", "config.branches.1.when.items.1.value": "bad"}
    cleo.post(address("gate"), form, headers=HTMX)
    assert step_of(every, "gate")["config"]["branches"][1]["when"] == {
        "any": [
            {"path": "$.research.mood", "op": "eq", "value": "bad"},
            {"path": "$.talk.text", "op": "contains", "value": "bad"},
        ]
    }


def test_a_mistake_stays_in_its_field_and_the_rest_is_saved(cleo: Client, every: Workflow) -> None:
    answer = send(cleo, "sum", name="Sum it", timeout_s="soon", **{"config.arguments.0.value": "{broken"})
    page = answer.content.decode()
    assert step_of(every, "sum")["name"] == "Sum it"
    assert form_of(answer)["timeout_s"] == "soon"
    assert form_of(answer)["config.arguments.0.value"] == "{broken"
    assert 'id="f-timeout_s-error"' in page
    assert "Saved, but for what is marked" in page


def test_what_validation_finds_stands_beside_its_field(cleo: Client, every: Workflow) -> None:
    page = send(cleo, "talk", **{"config.prompt": "Use ${steps.nobody.output}"}).content.decode()
    found = controls(opened(cleo, "talk"))
    assert "unknown_step" in page
    assert "f-config-prompt-marks" in found.described
    assert "f-config-prompt-marks" in found.ids


def test_who_comes_second_sees_both_versions_and_chooses(cast: Cast, cleo: Client, every: Workflow) -> None:
    mine = form_of(opened(cleo, "talk")) | {"config.prompt": "Mine", "notes": "A note"}
    send(browser(cast.ada), "talk", **{"config.prompt": "Theirs"})
    clash = cleo.post(address("talk"), mine, headers=HTMX)
    page = clash.content.decode()
    assert "Somebody else changed this" in page
    assert "Theirs" in page
    assert step_of(every, "talk")["config"]["prompt"] == "Theirs"
    assert step_of(every, "talk")["notes"] == "A note"
    waiting = form_of(clash)
    assert waiting["config.prompt"] == "Mine"
    cleo.post(address("talk"), waiting | {"name": "Talks"}, headers=HTMX)
    assert step_of(every, "talk")["config"]["prompt"] == "Theirs", "it still waits for a choice"
    cleo.post(address("talk"), waiting | {"do": "keep:config.prompt"}, headers=HTMX)
    assert step_of(every, "talk")["config"]["prompt"] == "Mine"


def test_theirs_can_be_taken(cast: Cast, cleo: Client, every: Workflow) -> None:
    mine = form_of(opened(cleo, "talk")) | {"config.prompt": "Mine"}
    send(browser(cast.ada), "talk", **{"config.prompt": "Theirs"})
    waiting = form_of(cleo.post(address("talk"), mine, headers=HTMX))
    taken = cleo.post(address("talk"), waiting | {"do": "take:config.prompt"}, headers=HTMX)
    assert form_of(taken)["config.prompt"] == "Theirs"
    assert "Somebody else" not in taken.content.decode()


def test_two_people_at_two_fields_do_not_meet(cast: Cast, cleo: Client, every: Workflow) -> None:
    mine = form_of(opened(cleo, "talk")) | {"notes": "Mine"}
    send(browser(cast.ada), "talk", **{"config.prompt": "Theirs"})
    cleo.post(address("talk"), mine, headers=HTMX)
    step = step_of(every, "talk")
    assert (step["notes"], step["config"]["prompt"]) == ("Mine", "Theirs")


# What it offers.


READ_ONCE = ("agents_agent", "agents_languagemodel", "agents_toolsetting", "workspaces_group")


def test_what_a_step_may_name_is_read_once_for_the_form_and_its_findings(
    cleo: Client, every: Workflow, django_assert_max_num_queries: Any
) -> None:
    form = form_of(opened(cleo, "research"))
    with django_assert_max_num_queries(10) as drawing:
        opened(cleo, "research")
    with django_assert_max_num_queries(30) as saving:
        cleo.post(address("research"), form | {"name": "Other"}, headers=HTMX)
    assert step_of(every, "research")["name"] == "Other"
    for asked in (drawing, saving):
        texts = [query["sql"] for query in asked.captured_queries]
        assert [sum(f'FROM "{table}"' in text for text in texts) for table in READ_ONCE] == [1, 1, 1, 1]


def test_agents_are_offered_with_what_helps_to_choose(cleo: Client, every: Workflow) -> None:
    page = opened(cleo, "research").content.decode()
    assert "free, runs here" in page
    assert 'value="data-analyst" aria-current="true"' in page
    assert page.count('class="panel-agent"') > 10


def test_only_what_lies_before_is_offered(cleo: Client, every: Workflow) -> None:
    first, later = (opened(cleo, step).content.decode() for step in ("research", "approve"))
    assert "${steps.talk.output" not in first
    assert "${steps.talk.output.text}" in later
    assert "${steps.research.output.score}" in later


def test_a_tool_asks_for_its_arguments_and_a_workflow_for_its_inputs(cleo: Client, every: Workflow) -> None:
    assert "Expression" in opened(cleo, "sum").content.decode()
    changed = send(cleo, "sum", **{"config.tool": "web_fetch"})
    assert "config.arguments.1.value" in form_of(changed), (
        "the new tool's argument beside the old one's value"
    )
    assert "city" in opened(cleo, "child").content.decode()


# Who may, and what else may come.


def test_a_viewer_reads_and_changes_nothing(cast: Cast, every: Workflow) -> None:
    eve = browser(cast.eve)
    page = eve.get(address("talk"), headers=HTMX)
    assert '<fieldset class="panel-fields" disabled>' in page.content.decode()
    assert eve.post(address("talk"), form_of(page) | {"notes": "x"}, headers=HTMX).status_code == 403
    assert eve.post(address(""), {"inputs": ""}).status_code == 403
    every.refresh_from_db()
    assert every.draft_revision == 0


@pytest.mark.parametrize("step", ["", "talk"])
def test_a_stranger_finds_no_panel(cast: Cast, every: Workflow, step: str) -> None:
    finn = browser(cast.finn)
    assert finn.get(address(step)).status_code == 404
    assert finn.post(address(step), {"notes": "x"}).status_code == 404
    for name in ("findings", "publication/review", "seen"):
        assert finn.get(f"/workflows/every/{name}/").status_code == 404


def test_a_step_that_is_gone_is_said_to_be_gone(cleo: Client, every: Workflow) -> None:
    gone = cleo.get(address("nobody"), headers=HTMX)
    assert gone.status_code == 404
    assert "deleted or renamed" in gone.content.decode()


def test_an_archived_workflow_is_not_changed(cast: Cast, cleo: Client, every: Workflow) -> None:
    form = form_of(opened(cleo, "talk"))
    operations.archive(every, by=cast.cleo.actor)
    assert "disabled" in opened(cleo, "talk").content.decode()
    assert cleo.post(address("talk"), form | {"notes": "x"}, headers=HTMX).status_code == 409


def test_without_scripts_a_panel_is_a_page(cleo: Client, every: Workflow) -> None:
    page = cleo.get(address("talk"))
    assert "<!doctype html>" in page.content.decode()
    form = form_of(page) | {"notes": "By hand"}
    assert "<!doctype html>" in cleo.post(address("talk"), form).content.decode()
    assert step_of(every, "talk")["notes"] == "By hand"


# Findings and publishing.


def test_findings_lead_to_their_places(cleo: Client, every: Workflow) -> None:
    page = cleo.get("/workflows/every/findings/", headers=HTMX).content.decode()
    assert 'data-jump="gate"' in page
    assert "/workflows/every/steps/gate/panel/?field=" in page
    assert "<!doctype" in cleo.get("/workflows/every/findings/").content.decode()


def test_the_review_says_what_blocks(cleo: Client, every: Workflow) -> None:
    page = cleo.get("/workflows/every/publication/review/", headers=HTMX).content.decode()
    assert "must be mended first" in page
    assert "disabled" in page


def test_the_review_says_what_changed(cast: Cast, cleo: Client, every: Workflow) -> None:
    address = "/workflows/helper/steps/greet/panel/"
    assert (
        "nothing to publish"
        in cleo.get("/workflows/helper/publication/review/", headers=HTMX).content.decode()
    )
    form = form_of(cleo.get(address, headers=HTMX)) | {"config.value": "Hi ${inputs.city}"}
    cleo.post(address, form, headers=HTMX)
    page = cleo.get("/workflows/helper/publication/review/", headers=HTMX).content.decode()
    assert "What changed since version 1" in page
    assert "“Greet”: Value is “Hi ${inputs.city}” (was “Hello ${inputs.city}”)." in page
    whole = cleo.get("/workflows/helper/publication/review/").content.decode()
    assert 'action="/workflows/helper/publication/"' in whole
