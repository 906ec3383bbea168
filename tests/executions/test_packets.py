"""What is shown beside a request: who made it, what it cost, what each answer leads to, what was decided before."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import operations as approvals
from approvals import packet
from approvals.models import ApprovalRequest, Decision
from executions.models import Call, Execution
from tests.executions.reviewing import again, definition, reviewed
from tests.pages import browser
from tests.people import Cast, make_cast

MOST_QUERIES = 11

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast within the test's own transaction: nothing here runs in a worker."""
    return make_cast()


def built(cast: Cast, request: ApprovalRequest) -> dict[str, Any]:
    return packet.build(request, cast.dan.actor)


def test_a_packet_says_who_made_it_with_what_and_at_what_price(cast: Cast) -> None:
    found = built(cast, reviewed(cast))
    assert found["run"]["cost"] == 0.42
    assert found["run"]["tokens"] == 11_400
    [draft] = found["makers"]
    assert (draft["title"], draft["agents"][0]["name"], draft["models"]) == (
        "Draft the note",
        "Copywriter",
        ["openai/gpt-5-mini"],
    )
    assert (draft["cost"], draft["tokens"], draft["took_s"]) == (0.12, 1_900, 12.0)


def test_a_packet_names_findings_and_how_near_limits_are(cast: Cast) -> None:
    found = built(cast, reviewed(cast))
    assert [one["text"] for one in found["limits"]] == ["$0.42 of $0.50", "1,900 of 2,000 tokens"]
    assert [one["tone"] for one in found["limits"]] == ["waiting", "waiting"]
    said = [one["text"] for one in found["findings"]]
    assert "Research took longer than the 30 seconds that it should." in said
    assert "A tool failed once: Read a file." in said


def test_tool_calls_and_sources_come_from_the_journal(cast: Cast) -> None:
    request = reviewed(cast)
    everything = definition()
    everything["steps"][2]["config"]["data"] = ["${steps.research.output}", "${steps.draft.output}"]
    version = Execution.objects.get(pk=request.origin).version
    version.definition = everything
    version.save()
    found = built(cast, request)
    assert [one["step"] for one in found["makers"]] == ["research", "draft"]
    assert [one["tool"] for one in found["tools"]["calls"]] == ["web_fetch", "web_search", "file_read"]
    assert found["tools"]["calls"][2]["error"] == "There is no such file."
    assert [(one["kind"], one["where"]) for one in found["sources"]] == [
        ("web", "https://stats.example/growth"),
        ("query", "price index 2026"),
        ("web", "https://stats.example/prices"),
    ]
    assert [one["name"] for one in found["files"]] == ["sources.csv"]
    assert "Research was answered by openai/gpt-5-mini, not by openai/gpt-5." in [
        one["text"] for one in found["findings"]
    ]


def test_each_answer_says_what_it_leads_to(cast: Cast) -> None:
    ways = {one["id"]: one for one in built(cast, reviewed(cast))["answers"]}
    assert list(ways) == ["approve", "reject", "request_changes", "timeout"]
    assert [(one["title"], one["to"]) for one in ways["approve"]["cannot_undo"]] == [
        ("Post it", "cms.example"),
        ("Tell all", "everybody in the workspace"),
    ]
    assert ways["reject"]["sentence"].startswith("Word the refusal begins.")
    assert "round 2 of at most 5" in ways["request_changes"]["sentence"]
    assert ways["timeout"]["result"] == "fails"


def test_the_next_round_shows_what_was_asked_for_and_what_changed(cast: Cast) -> None:
    found = built(cast, again(cast, reviewed(cast)))
    assert (found["round"], found["most_rounds"]) == (2, 5)
    assert [(one["who"], one["comment"]) for one in found["feedback"]] == [
        ("Dan", "Say how strongly prices rose.")
    ]
    [part] = found["changes"]["parts"]
    assert part["place"] == "Note"
    assert [text for sign, text in part["runs"] if sign == "ins"] == ["14", "sharply"]
    assert "round 3 of at most 5" in next(
        one["sentence"] for one in found["answers"] if one["id"] == "request_changes"
    )


def test_similar_decisions_are_those_of_this_step_in_other_runs_and_how_they_ended(cast: Cast) -> None:
    first = reviewed(cast)
    workflow = Execution.objects.get(pk=first.origin).workflow
    for number in range(2, 6):
        past = reviewed(cast, workflow=workflow, number=number)
        approvals.decide(
            past, "approve" if number % 2 else "reject", by=cast.dan.actor, comment=f"No {number}"
        )
        Execution.objects.filter(pk=past.origin).update(status="completed" if number % 2 else "failed")
    found = built(cast, first)["similar"]
    assert [(one["run"]["number"], one["answer"], one["run"]["status"], one["comment"]) for one in found] == [
        (5, "Approve", "completed", "No 5"),
        (4, "Reject", "failed", "No 4"),
        (3, "Approve", "completed", "No 3"),
    ]


def test_a_packet_is_json_and_cheap(cast: Cast) -> None:
    request = again(cast, reviewed(cast))
    found = ApprovalRequest.objects.get(pk=request.pk)
    built(cast, found)
    found = ApprovalRequest.objects.get(pk=request.pk)
    with CaptureQueriesContext(connection) as asked:
        made = built(cast, found)
    assert len(asked) <= MOST_QUERIES, [one["sql"][:90] for one in asked]
    assert json.loads(json.dumps(made)) == made


def test_what_an_approver_saw_stays_with_the_decision(cast: Cast) -> None:
    request = reviewed(cast)
    before = built(cast, request)
    approvals.decide(request, "approve", by=cast.dan.actor)
    Execution.objects.filter(pk=request.origin).update(cost=9)
    Call.objects.all().delete()
    kept = Decision.objects.get().packet
    for name in ("makers", "answers", "tools", "limits", "findings"):
        assert kept[name] == before[name], name
    request.refresh_from_db()
    shown = packet.shown(request, cast.eve.actor)
    assert (shown["run"]["cost"], shown["frozen_for"]) == (0.42, "Dan")
    page = browser(cast.eve).get(f"/approvals/{request.id}/").content.decode()
    assert "As Dan saw it when deciding" in page
    assert "$0.42" in page
    assert "$9.00" not in page


def test_each_of_several_decisions_keeps_what_its_author_saw(cast: Cast) -> None:
    request = reviewed(cast, quorum="2", assignees=["role:approver", "role:owner"])
    approvals.decide(request, "approve", by=cast.ada.actor)
    Execution.objects.filter(pk=request.origin).update(cost=1)
    approvals.decide(request, "approve", by=cast.dan.actor)
    seen = {
        str(one.user): packet.shown(request, cast.eve.actor, str(one.pk)) for one in Decision.objects.all()
    }
    assert {name: one["run"]["cost"] for name, one in seen.items()} == {"Ada": 0.42, "Dan": 1.0}
    assert {one["frozen_for"] for one in seen.values()} == {"Ada", "Dan"}
    request.refresh_from_db()
    for odd in ("", "x", str(request.pk)):
        assert packet.shown(request, cast.eve.actor, odd)["frozen_for"] == "Dan"
    first = Decision.objects.get(user=cast.ada.user)
    page = browser(cast.eve).get(f"/approvals/{request.id}/?seen={first.id}").content.decode()
    assert "As Ada saw it when deciding" in page


def test_the_page_shows_the_packet_and_none_of_it_as_markup(cast: Cast) -> None:
    request = again(cast, reviewed(cast), "See <script>alert(1)</script> **this**")
    page = browser(cast.dan).get(f"/approvals/{request.id}/").content.decode()
    for words in (
        "Round 2 of at most 5",
        "[added:] ",
        "What happens on each answer",
        "Cannot be undone",
        "Post it: HTTP request → cms.example",
        "Draft the note",
        "by Copywriter",
        "openai/gpt-5-mini",
        "<strong>this</strong>",
    ):
        assert words in page, words
    assert "<script>alert" not in page


def test_a_request_that_no_run_asks_has_a_packet_without_one(cast: Cast) -> None:
    request = approvals.open_request(by=cast.system, title="Well?", assignees=["role:approver"], data="x")
    found = built(cast, request)
    assert found["round"] == 1
    assert "run" not in found
    assert (
        "What happens on each answer"
        not in browser(cast.dan).get(f"/approvals/{request.id}/").content.decode()
    )


def test_a_run_of_another_workspace_tells_nothing(cast: Cast) -> None:
    request = reviewed(cast)
    theirs = approvals.open_request(
        by=type(cast.system).system(cast.elsewhere),
        title="x",
        assignees=["role:owner"],
        origin=request.origin,
        origin_path="gate2",
    )
    assert "run" not in packet.build(theirs, cast.finn.actor)


def test_a_provider_that_fails_keeps_nobody_from_deciding(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("not foreseen")

    monkeypatch.setattr(packet, "_providers", [broken])
    request = reviewed(cast)
    assert built(cast, request)["round"] == 1
    approvals.decide(request, "approve", by=cast.dan.actor)
