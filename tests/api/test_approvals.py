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
