"""The outline editor over HTTP: plain forms build, change and undo a whole draft, and two people are told apart."""

import re
from typing import Any

import pytest
from django.test import Client

from agents.operations import seed_agents
from tests.pages import browser
from tests.people import Cast
from tests.workflows.examples import SMALL
from workflows import drafting, operations
from workflows.models import Workflow

pytestmark = pytest.mark.django_db
ADDRESS = "/workflows/greeting/outline/"


@pytest.fixture
def small(cast: Cast) -> Workflow:
    return operations.create(name="Greeting", slug="greeting", by=cast.cleo.actor, definition=SMALL)


class Hand:
    """Somebody at the outline of a workflow who fills in forms."""

    def __init__(self, client: Client, address: str = ADDRESS) -> None:
        self.client, self.address, self.page = client, address, ""
        self.open()

    def open(self, query: str = "") -> str:
        self.page = self.client.get(self.address + query).content.decode()
        return self.page

    def does(self, do: str, **form: str) -> int:
        """Send a form of the page that is open, and follow where it leads."""
        found = re.search(r'name="revision" value="(\d+)"', self.page)
        answer = self.client.post(self.address, {"revision": found[1] if found else "0", "do": do, **form})
        if answer.status_code == 303:
            self.open(answer["Location"].removeprefix(self.address).split("#")[0])
        else:
            self.page = answer.content.decode()
        return answer.status_code


def draft(workflow: Workflow) -> dict[str, Any]:
    workflow.refresh_from_db()
    return dict(workflow.draft)


def step(workflow: Workflow, step_id: str) -> dict[str, Any]:
    return next(one for one in draft(workflow)["steps"] if one["id"] == step_id)


def lines(workflow: Workflow) -> set[tuple[str, str, str]]:
    return {
        (edge["source"], edge.get("port", "done"), edge["target"])
        for edge in draft(workflow).get("edges", ())
    }


def test_the_list_shows_steps_ways_and_findings(cast: Cast, small: Workflow) -> None:
    page = browser(cast.cleo).get(ADDRESS).content.decode()
    assert page.index('id="step-greet"') < page.index('id="step-gate"') < page.index('id="step-send"')
    assert "What follows Gate" in page
    assert "after Greet" in page
    assert 'aria-level="3"' in page


def test_a_chosen_step_unfolds_its_forms_and_no_other_does(cast: Cast, small: Workflow) -> None:
    page = browser(cast.cleo).get(ADDRESS + "?step=gate").content.decode()
    assert page.count('class="outline-acts"') == 1
    assert 'aria-label="Change Gate"' in page
    assert "/workflows/greeting/steps/gate/panel/" in page


def test_a_viewer_reads_and_changes_nothing(cast: Cast, small: Workflow) -> None:
    eve = browser(cast.eve)
    page = eve.get(ADDRESS + "?step=gate").content.decode()
    assert "outline-acts" not in page
    assert 'value="undo"' not in page
    assert eve.post(ADDRESS, {"do": "delete", "step": "gate", "revision": "0"}).status_code == 403
    assert browser(cast.finn).get(ADDRESS).status_code == 404
    assert browser(cast.finn).post(ADDRESS, {"do": "undo"}).status_code == 404


def test_a_step_is_renamed_moved_connected_and_deleted(cast: Cast, small: Workflow) -> None:
    cleo = Hand(browser(cast.cleo))
    assert cleo.does("rename", step="greet", name="Say hello") == 303
    assert "Rename “Say hello”." in cleo.page
    assert step(small, "greet")["name"] == "Say hello"
    cleo.does("add_after", step="gate", item="transform", port="rejected", new_name="Say sorry")
    assert ("gate", "rejected", "say_sorry") in lines(small)
    cleo.does("disconnect:rejected:say_sorry", step="gate")
    assert ("gate", "rejected", "say_sorry") not in lines(small)
    cleo.does("connect", step="gate", way="timeout", target="say_sorry")
    assert ("gate", "timeout", "say_sorry") in lines(small)
    cleo.does("delete", step="gate")
    assert lines(small) == {("greet", "done", "send")}


def test_everything_is_undone_and_done_again(cast: Cast, small: Workflow) -> None:
    before = draft(small)
    cleo = Hand(browser(cast.cleo))
    cleo.does("rename", step="greet", name="One")
    cleo.does("delete", step="gate")
    after = draft(small)
    assert 'Undo<span class="sr-only">: Delete' in cleo.page
    cleo.does("undo")
    cleo.does("undo")
    assert draft(small) == before
    cleo.does("redo")
    cleo.does("redo")
    assert draft(small) == after
    assert cleo.does("redo") == 409
    assert "nothing of yours left to redo" in cleo.page


def test_what_others_changed_elsewhere_is_merged(cast: Cast, small: Workflow) -> None:
    cleo, ben = Hand(browser(cast.cleo)), Hand(browser(cast.ben))
    ben.does("rename", step="send", name="Off it goes")
    assert cleo.does("rename", step="greet", name="Hello") == 303
    assert (step(small, "greet")["name"], step(small, "send")["name"]) == ("Hello", "Off it goes")


def test_a_conflict_says_who_changed_what_and_loses_nothing(cast: Cast, small: Workflow) -> None:
    cleo, ben = Hand(browser(cast.cleo)), Hand(browser(cast.ben))
    ben.does("rename", step="greet", name="Bens")
    assert cleo.does("rename", step="greet", name="Cleos") == 409
    assert "Ben" in cleo.page
    assert "was faster" in cleo.page
    assert 'value="Cleos"' in cleo.page
    assert step(small, "greet")["name"] == "Bens"
    assert cleo.does("rename", step="greet", name="Cleos") == 303


def test_a_step_that_is_gone_is_said(cast: Cast, small: Workflow) -> None:
    cleo, ben = Hand(browser(cast.cleo)), Hand(browser(cast.ben))
    ben.does("delete", step="gate")
    assert cleo.does("rename", step="gate", name="x") in (409, 422)
    assert "deleted or renamed" in cleo.page


def test_a_refusal_is_said_on_the_page(cast: Cast, small: Workflow) -> None:
    cleo = Hand(browser(cast.cleo))
    assert cleo.does("connect", step="send", target="greet") == 422
    assert "circle" in cleo.page
    assert cleo.does("explode", step="send") == 422
    assert cleo.does("up", step="send", revision="x" * 20) == 422
    assert cleo.does("up", step="\x00") == 422


def test_an_archived_workflow_is_only_read(cast: Cast, small: Workflow) -> None:
    cleo = Hand(browser(cast.cleo))
    operations.archive(small, by=cast.cleo.actor)
    assert cleo.does("delete", step="gate") == 409
    assert "archived" in cleo.page
    assert "outline-acts" not in cleo.open("?step=gate")


def test_a_whole_workflow_is_built_with_forms_alone(cast: Cast) -> None:
    """The shape of Strategic Analysis, from nothing."""
    seed_agents(cast.workspace)
    made = operations.create(name="Mine", slug="mine", by=cast.cleo.actor)
    cleo = Hand(browser(cast.cleo), "/workflows/mine/outline/")
    cleo.does("add", item="agent:chief-of-staff", new_name="Brief")
    cleo.does("add_after", step="brief", item="agent:market-researcher", new_name="Market")
    for name, agent in (("Competitors", "competitor-analyst"), ("Finance", "financial-analyst")):
        cleo.does("add_after", step="brief", item=f"agent:{agent}", new_name=name, place="beside")
    cleo.does("add_after", step="market", item="agent:strategy-analyst", new_name="Synthesis")
    for source in ("competitors", "finance"):
        cleo.does("connect", step=source, target="synthesis")
    cleo.does("add_after", step="synthesis", item="agent:risk-analyst", new_name="Risk")
    cleo.does("add_after", step="risk", item="condition", new_name="High risk")
    cleo.does("add_after", step="high_risk", item="approval", new_name="Board", port="yes")
    cleo.does("add_after", step="board", item="agent:executive-summary-writer", new_name="Summary")
    cleo.does("connect", step="high_risk", way="else", target="summary")
    assert lines(made) == {
        ("brief", "done", "market"),
        ("brief", "done", "competitors"),
        ("brief", "done", "finance"),
        ("market", "done", "synthesis"),
        ("competitors", "done", "synthesis"),
        ("finance", "done", "synthesis"),
        ("synthesis", "done", "risk"),
        ("risk", "done", "high_risk"),
        ("high_risk", "yes", "board"),
        ("board", "approved", "summary"),
        ("high_risk", "else", "summary"),
    }
    while drafting.to_undo(made, cast.cleo.actor):
        cleo.does("undo")
    assert draft(made) == {"format": 1}
