"""Requests and decisions over HTTP."""

from typing import Any
from uuid import uuid4

import pytest

from approvals import operations
from approvals.models import ApprovalRequest
from tests.api.callers import Callers, caller_of

FORM = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}


def ask(callers: Callers, **facts: Any) -> ApprovalRequest:
    given = {
        "title": "Publish?",
        "assignees": ["role:approver"],
        "can_revise": True,
        "data": {"draft": "Hello"},
    }
    return operations.open_request(by=callers.cast.system, **given | facts)


def test_a_request_is_read_with_what_is_under_review(callers: Callers) -> None:
    request = ask(callers)
    detail = callers.dan.get(f"/approvals/{request.pk}").body
    assert (detail["title"], detail["data"], detail["refusal"]) == ("Publish?", {"draft": "Hello"}, None)
    assert detail["asked"] == ["dan@example.com"]
    assert "addressed to the role approver" in callers.cleo.get(f"/approvals/{request.pk}").body["refusal"]
    assert callers.eve.get(f"/approvals/{request.pk}").body["refusal"]


def test_mine_is_what_waits_for_me(callers: Callers) -> None:
    request = ask(callers)
    assert [one["id"] for one in callers.dan.get("/approvals?mine=true").body["items"]] == [str(request.pk)]
    assert callers.cleo.get("/approvals?mine=true").body["count"] == 0
    assert callers.cleo.get("/approvals?status=pending&kind=approval").body["count"] == 1
    assert callers.cleo.get("/approvals?status=approved").body["count"] == 0
    assert callers.finn.get("/approvals").body["count"] == 0


def test_a_decision_settles_and_the_second_is_told(callers: Callers) -> None:
    path = f"/approvals/{ask(callers).pk}/decisions"
    decided = callers.dan.post(path, {"answer": "approve", "comment": "Good"})
    assert (decided.status, decided.body["status"]) == (201, "approved")
    assert decided.body["decisions"][0]["user"] == "dan@example.com"
    assert decided.body["decisions"][0]["via"] == "api"
    late = callers.ada.post(path, {"answer": "reject"})
    assert (late.status, late.error["code"]) == (409, "conflict")
    assert "settled by Dan: approved" in late.error["message"]


def test_a_form_is_submitted(callers: Callers) -> None:
    request = ask(callers, kind="input", form=FORM, assignees=["role:builder"])
    path = f"/approvals/{request.pk}/decisions"
    wrong = callers.cleo.post(path, {"answer": "submit", "form": {"amount": "much"}})
    assert (wrong.status, wrong.error["details"][0]["field"]) == (422, "form/amount")
    assert callers.cleo.post(path, {"answer": "submit"}).status == 422
    done = callers.cleo.post(path, {"answer": "submit", "form": {"amount": 3}})
    assert (done.status, done.body["status"]) == (201, "submitted")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"answer": "maybe"},
        {"answer": None},
        {"answer": "approve", "form": []},
        {"answer": "approve", "comment": 3},
        {"answer": "approve", "comment": "x" * 10_001},
        {"answer": "request_changes"},
        {"answer": "approve", "data": {"draft": "Bye"}},
        {"answer": "submit", "form": {}},
        {"answer": "approve", "more": 1},
    ],
)
def test_an_answer_that_is_none_is_refused(callers: Callers, body: dict[str, Any]) -> None:
    request = ask(callers)
    assert callers.dan.post(f"/approvals/{request.pk}/decisions", body).status == 422
    request.refresh_from_db()
    assert request.status == "pending"


def test_only_who_is_asked_decides(callers: Callers) -> None:
    expected = {"builder": 403, "viewer": 403, "outsider": 404, "nobody": 401, "approver": 201}
    path = f"/approvals/{ask(callers).pk}/decisions"
    assert caller_of(callers.cast.dan, "read", "run").post(path, {"answer": "approve"}).status == 403
    for role, status in expected.items():
        assert callers.by_role[role].post(path, {"answer": "approve"}).status == status, role


def test_requests_elsewhere_are_not_found(callers: Callers) -> None:
    request = ask(callers)
    assert callers.finn.get(f"/approvals/{request.pk}").status == 404
    assert callers.dan.get(f"/approvals/{uuid4()}").status == 404


def test_the_list_is_narrowed_to_a_box_and_counted(callers: Callers) -> None:
    urgent, group = ask(callers, title="Pay now", priority="urgent"), ask(callers, assignees=["group:board"])
    ask(callers, title="Of Cleo", assignees=["user:cleo@example.com"], cost=1.5)
    path = "/approvals?box=groups&sort=priority"
    assert ids(callers.dan.get(path)) == [str(urgent.pk), str(group.pk)]
    assert ids(callers.dan.get(f"{path}&words=pay&priority=urgent")) == [str(urgent.pk)]
    [mine] = callers.cleo.get("/approvals?box=mine").body["items"]
    assert (mine["title"], mine["cost"], mine["priority"]) == ("Of Cleo", 1.5, "normal")
    counts = {"mine": 0, "groups": 2, "unassigned": 2, "all": 3, "done": 0}
    assert callers.dan.get("/approvals/counts").body == counts
    assert callers.dan.get("/approvals?box=nowhere").status == 422


def ids(answer: Any) -> list[str]:
    return [one["id"] for one in answer.body["items"]]


def test_a_request_is_taken_on_talked_about_and_handed_on(callers: Callers) -> None:
    path = f"/approvals/{ask(callers, assignees=['group:board', 'role:builder']).pk}"
    assert callers.dan.post(f"{path}/claim").body["claimed_by"] == "dan@example.com"
    late = callers.ada.post(f"{path}/claim")
    assert (late.status, late.error["message"].split(" on ")[0]) == (409, "Dan claimed it")
    assert callers.dan.delete(f"{path}/claim").body["claimed_by"] is None
    said = callers.dan.post(f"{path}/comments", {"text": "Is this right, @cleo?"})
    assert (said.status, said.body["about"]) == (201, ["cleo@example.com"])
    assert callers.cleo.get(path).body["is_watching"] is True
    assert callers.cleo.delete(f"{path}/watch").status == 204
    assert callers.cleo.get(path).body["is_watching"] is False
    handed = callers.dan.post(f"{path}/delegations", {"to": "Cleo@example.com", "comment": "Yours"})
    assert (handed.status, handed.body["claimed_by"]) == (201, "cleo@example.com")
    verbs = [one["verb"] for one in handed.body["activities"]]
    assert verbs == ["opened", "claimed", "released", "commented", "delegated"]
    assert callers.dan.post(f"{path}/delegations", {"to": "eve@example.com"}).status == 404


def test_many_are_answered_and_each_refusal_has_its_reason(callers: Callers) -> None:
    fine, other = ask(callers), ask(callers, assignees=["user:cleo@example.com"])
    body = {"ids": [str(fine.pk), str(other.pk), str(uuid4())], "answer": "approve", "comment": "All good"}
    report = callers.dan.post("/approvals/decisions", body).body
    assert (report["done"], len(report["missing"])) == ([str(fine.pk)], 1)
    [refused] = report["refused"]
    assert refused["id"] == str(other.pk)
    assert "addressed to cleo@example.com" in refused["reason"]
    for wrong in ([], [str(uuid4())] * 2 + [str(uuid4()) for _ in range(500)]):
        assert callers.dan.post("/approvals/decisions", {"ids": wrong, "answer": "approve"}).status == 422


def test_own_answers_and_edited_data_are_taken(callers: Callers) -> None:
    answers = [{"id": "now", "label": "Publish now"}, {"id": "never", "counts_as": "reject"}]
    path = f"/approvals/{ask(callers, answers=answers, can_edit=True).pk}"
    assert [one["id"] for one in callers.dan.get(path).body["answers"]] == ["now", "never", "request_changes"]
    assert callers.dan.post(f"{path}/decisions", {"answer": "approve"}).status == 422
    done = callers.dan.post(f"{path}/decisions", {"answer": "now", "data": {"draft": "Hi"}}).body
    assert (done["status"], done["outcome"]) == ("approved", "now")
    assert (done["decisions"][0]["label"], done["decisions"][0]["data"]) == ("Publish now", {"draft": "Hi"})


def test_a_desk_is_set_up(callers: Callers) -> None:
    kept = callers.dan.post("/approvals/filters", {"name": "Urgent", "query": "priority=urgent&box=all&x=1"})
    assert (kept.status, kept.body["query"]) == (201, "box=all&priority=urgent")
    assert callers.ada.get("/approvals/filters").body == []
    assert callers.ada.delete(f"/approvals/filters/{kept.body['id']}").status == 404
    assert callers.dan.delete(f"/approvals/filters/{kept.body['id']}").status == 204
    days = {"first_day": "2030-05-01", "last_day": "2030-05-14"}
    away = callers.dan.post("/approvals/absences", {"stand_in": "cleo@example.com", **days})
    assert (away.status, away.body["stand_in"]) == (201, "cleo@example.com")
    assert callers.dan.get("/approvals/absences").body == [away.body]
    assert callers.dan.delete(f"/approvals/absences/{away.body['id']}").status == 204
    backwards = {"first_day": "2030-05-02", "last_day": "2030-05-01"}
    refused = callers.dan.post("/approvals/absences", {"stand_in": "cleo@example.com", **backwards})
    assert (refused.status, refused.error["details"][0]["field"]) == (422, "last_day")
