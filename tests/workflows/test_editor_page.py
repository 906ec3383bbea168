"""The canvas's page and the way in which it changes a draft, without a browser."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.pages import browser
from tests.people import Cast, Person
from tests.workflows.examples import CYCLE, SMALL
from workflows import operations
from workflows.models import DraftChange, Workflow

NEW = {"id": "check", "type": "transform", "name": "Check", "config": {"value": 1}}
ADD = {"op": "add_step", "step": NEW, "after": ["send", "done"]}
PAGE = "/workflows/greeting/editor/"
CHANGES = "/workflows/greeting/changes/"


@pytest.fixture
def small(cast: Cast) -> Workflow:
    return operations.create(name="Greeting", slug="greeting", by=cast.cleo.actor, definition=SMALL)


def send(person: Person, *changes: dict[str, Any], address: str = CHANGES, **sent: Any) -> tuple[int, Any]:
    body = {"revision": 0, "changes": list(changes), **sent}
    answer = browser(person).post(address, json.dumps(body), content_type="application/json")
    is_json = answer["Content-Type"].startswith("application/json")
    return answer.status_code, answer.json() if is_json else None


def test_the_page_holds_a_card_for_every_step_and_the_draft_as_data(cast: Cast, small: Workflow) -> None:
    page = browser(cast.cleo).get(PAGE).content.decode()
    assert page.count("data-node=") == 3
    assert 'data-workflow="greeting" data-revision="0"' in page
    assert "style=" not in page.split('id="editor"')[1].split("</template>")[0]
    data = json.loads(page.split('id="editor-data"')[1].split(">", 1)[1].split("</script>")[0])
    assert set(data["documents"]) == {"greet", "gate", "send"}
    assert data["edges"][1] == {"source": "gate", "port": "approved", "target": "send"}
    assert {"agent", "condition", "approval", "loop", "wait"} <= {item["key"] for item in data["palette"]}


def test_an_empty_draft_and_a_faulty_one_have_their_canvas(cast: Cast) -> None:
    cleo = cast.cleo.actor
    operations.create(name="Empty", by=cleo)
    operations.create(name="Circle", by=cleo, definition=CYCLE)
    for slug in ("empty", "circle"):
        assert browser(cast.cleo).get(f"/workflows/{slug}/editor/").status_code == 200


def test_who_may_only_look_sees_the_canvas_without_the_palette(cast: Cast, small: Workflow) -> None:
    page = browser(cast.eve).get(PAGE)
    assert page.status_code == 200
    assert 'id="palette"' not in page.content.decode()
    assert "is-readonly" in page.content.decode()


def test_strangers_and_passers_by_get_nothing(cast: Cast, small: Workflow) -> None:
    for address in (PAGE, f"{CHANGES}?since=0"):
        assert browser(cast.finn).get(address).status_code == 404
        assert Client().get(address).status_code == 302
    assert send(cast.finn, ADD)[0] == 404


def test_a_change_is_answered_with_what_the_canvas_needs(cast: Cast, small: Workflow) -> None:
    status, said = send(cast.cleo, ADD)
    assert (status, said["revision"], said["title"], said["undo"]) == (
        200,
        1,
        "Add “Check”",
        "Add “Check”",
    )
    assert list(said["cards"]) == ["check"]
    assert 'data-node="check"' in said["cards"]["check"]
    assert {"source": "send", "port": "done", "target": "check"} in said["edges"]
    assert said["documents"]["check"]["name"] == "Check"
    assert set(said["places"]) == {"greet", "gate", "send"}
    assert said["facts"] == {"is_changed": True, "can_publish": True}


def test_undo_takes_the_card_away_and_redo_brings_it_back(cast: Cast, small: Workflow) -> None:
    send(cast.cleo, ADD)
    status, said = send(cast.cleo, address=f"{CHANGES}undo/", revision=1)
    assert (status, said["gone"], said["undo"], said["redo"]) == (200, ["check"], None, "Add “Check”")
    status, said = send(cast.cleo, address=f"{CHANGES}redo/", revision=2)
    assert (status, list(said["cards"]), said["redo"]) == (200, ["check"], None)
    assert send(cast.cleo, address=f"{CHANGES}redo/", revision=3)[0] == 409


def test_another_page_hears_everything_that_it_missed(cast: Cast, small: Workflow) -> None:
    send(cast.cleo, ADD)
    send(cast.ada, {"op": "remove_steps", "ids": ["gate"]}, revision=1)
    send(cast.ada, {"op": "place", "positions": {"send": [500, 40]}}, revision=2)
    news = browser(cast.eve).get(f"{CHANGES}?since=0").json()
    assert (news["revision"], list(news["cards"]), news["gone"]) == (3, ["check"], ["gate"])
    assert news["places"]["send"] == [500, 40]


def test_a_refusal_is_a_sentence_and_a_clash_shows_both_sides(cast: Cast, small: Workflow) -> None:
    status, said = send(cast.cleo, {"op": "connect", "source": "send", "target": "greet"})
    assert status == 422
    assert "circle" in said["error"]["message"]
    send(cast.ada, {"op": "update_step", "id": "greet", "changes": {"name": "Hers"}})
    status, said = send(cast.cleo, {"op": "update_step", "id": "greet", "changes": {"name": "His"}})
    assert (status, said["by"], said["revision"]) == (409, "Ada", 1)
    assert said["theirs"]["greet"]["name"] == "Hers"
    status, said = send(
        cast.cleo, {"op": "update_step", "id": "greet", "changes": {"name": "His"}}, revision=1
    )
    assert status == 200


def test_a_request_that_was_not_heard_is_sent_again_and_done_once(cast: Cast, small: Workflow) -> None:
    for _ in range(2):
        status, said = send(cast.cleo, ADD, client="tab-1", request=1)
        assert (status, said["revision"]) == (200, 1)
    assert DraftChange.objects.count() == 1


@pytest.mark.parametrize("role", ["approver", "viewer"])
def test_who_may_not_build_may_not_change(cast: Cast, small: Workflow, role: str) -> None:
    assert send(cast.by_role[role], ADD)[0] == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 5000,
        b'{"revision": true, "changes": []}',
        b'{"revision": -1, "changes": []}',
        b'{"revision": "\xd9\xa3", "changes": []}',
        b'{"revision": 0}',
        b'{"revision": 0, "changes": 7}',
        b'{"revision": 0, "changes": [1]}',
        b'{"revision": 0, "changes": {"op": "lay_out"}}',
        b'{"revision": 0, "changes": [{"op": "place", "positions": {"greet": [NaN, 1]}}]}',
        b'{"revision": 99999999999999999999, "changes": []}',
    ],
)
def test_hostile_requests_are_refused_in_a_sentence(cast: Cast, small: Workflow, body: bytes) -> None:
    answer = browser(cast.cleo).post(CHANGES, body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].endswith(".")


@pytest.mark.parametrize("since", ["", "x", "-1", "7", "1.5", "%00", "9" * 40])
def test_a_revision_that_never_was_has_no_news(cast: Cast, small: Workflow, since: str) -> None:
    assert browser(cast.cleo).get(f"{CHANGES}?since={since}").status_code == 422


@pytest.mark.parametrize("client", [7, [], {}, "<b>", "x" * 400, "ü", None])
def test_a_window_that_gives_itself_a_strange_name_may_still_work(
    cast: Cast, small: Workflow, client: Any
) -> None:
    assert send(cast.cleo, ADD, client=client, request=[])[0] == 200


def test_two_people_at_one_draft_see_each_other(cast: Cast, small: Workflow) -> None:
    address = "/workflows/greeting/presence/"
    assert send(cast.cleo, address=address, step="greet")[1] == {"people": []}
    status, said = send(cast.ada, address=address)
    assert status == 200
    assert [(one["name"], one["step"]) for one in said["people"]] == [("Cleo", "greet")]
    assert send(cast.finn, address=address)[0] == 404


def test_the_steps_of_a_template_are_there_to_be_pasted(cast: Cast, small: Workflow) -> None:
    fragment = browser(cast.cleo).get("/templates/strategic-analysis/steps/").json()
    status, _ = send(cast.cleo, {"op": "paste", "fragment": fragment, "at": [0, 400]})
    assert status == 200
    assert browser(cast.cleo).get("/templates/none/steps/").status_code == 404


def test_everything_of_the_palette_can_be_put_on_a_canvas(cast: Cast) -> None:
    from agents.operations import seed_agents

    seed_agents(cast.workspace)
    other = operations.create(name="Other", by=cast.cleo.actor, definition=SMALL)
    operations.publish(other, by=cast.cleo.actor)
    operations.create(name="Greeting", slug="greeting", by=cast.cleo.actor)
    page = browser(cast.cleo).get(PAGE).content.decode()
    data = json.loads(page.split('id="editor-data"')[1].split(">", 1)[1].split("</script>")[0])
    steps = [{**item["step"], "id": f"s{n}"} for n, item in enumerate(data["palette"])]
    status, said = send(cast.cleo, *({"op": "add_step", "step": step} for step in steps))
    assert (status, len(said["cards"])) == (200, len(steps))
    for n, item in enumerate(data["palette"]):
        assert f'data-port="{item["port"]}"' in said["cards"][f"s{n}"]
