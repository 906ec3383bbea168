"""What time does to requests."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from approvals import operations, queries
from approvals.models import ApprovalRequest
from approvals.signals import request_changed, request_settled
from tests.people import Cast

NOW = timezone.now()
LATER = NOW + timedelta(hours=1)
SOON = NOW - timedelta(seconds=1)
BEFORE = NOW - timedelta(minutes=1)


def ask(cast: Cast, **times: datetime | None) -> ApprovalRequest:
    return operations.open_request(by=cast.system, title="Pay?", assignees=["role:approver"], **times)


@pytest.mark.parametrize(
    ("times", "status"),
    [
        ({}, "pending"),
        ({"expires_at": LATER}, "pending"),
        ({"expires_at": NOW}, "timed_out"),
        ({"expires_at": SOON}, "timed_out"),
        ({"auto_approve_at": SOON}, "approved"),
        ({"auto_approve_at": SOON, "expires_at": LATER}, "approved"),
        ({"auto_approve_at": BEFORE, "expires_at": SOON}, "approved"),
        ({"auto_approve_at": SOON, "expires_at": BEFORE}, "timed_out"),
        ({"auto_approve_at": LATER, "expires_at": SOON}, "timed_out"),
    ],
)
def test_the_earlier_time_counts(cast: Cast, times: dict[str, datetime], status: str) -> None:
    request = ask(cast, **times)
    assert operations.expire_due(NOW) == (status != "pending")
    request.refresh_from_db()
    assert request.status == status
    assert operations.expire_due(NOW) == 0


def test_people_read_what_time_did(cast: Cast) -> None:
    timed_out, approved = ask(cast, expires_at=SOON), ask(cast, auto_approve_at=SOON)
    operations.expire_due(NOW)
    for request in (timed_out, approved):
        request.refresh_from_db()
    assert "timed out on" in str(queries.refusal(timed_out, cast.dan.actor))
    assert "approved automatically" in str(queries.refusal(approved, cast.dan.actor))


def test_one_bad_row_never_stops_the_others(cast: Cast) -> None:
    bad, good = ask(cast, expires_at=BEFORE), ask(cast, expires_at=SOON)

    def trip(request: ApprovalRequest, **_: Any) -> None:
        if request.pk == bad.pk:
            raise RuntimeError("the listener fails")

    request_settled.connect(trip)
    try:
        assert operations.expire_due(NOW) == 1
    finally:
        request_settled.disconnect(trip)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, good.status) == ("pending", "timed_out")


def test_a_reminder_comes_once(cast: Cast) -> None:
    heard: list[str] = []
    request = ask(cast, remind_at=SOON, expires_at=LATER)
    ask(cast, remind_at=LATER)

    def listen(verb: str, **_: Any) -> None:
        heard.append(verb)

    request_changed.connect(listen)
    try:
        assert [operations.remind_due(NOW) for _ in range(2)] == [1, 0]
    finally:
        request_changed.disconnect(listen)
    assert heard == ["reminded"]
    assert [one.verb for one in queries.activities(request)] == ["opened", "reminded"]


def escalating(cast: Cast, **facts: Any) -> ApprovalRequest:
    given = {"title": "Pay?", "assignees": ["group:board"], "escalate_to": ["user:cleo@example.com"]} | facts
    return operations.open_request(by=cast.system, escalate_at=SOON, **given)


def test_when_nobody_answers_others_are_asked_too_once(cast: Cast) -> None:
    request = operations.claim(escalating(cast), by=cast.dan.actor)
    assert queries.refusal(request, cast.cleo.actor)
    assert [operations.escalate_due(NOW) for _ in range(2)] == [1, 0]
    request.refresh_from_db()
    assert (request.assignees, request.claimed_by) == (["group:board", "user:cleo@example.com"], None)
    assert [str(one) for one in queries.activities(request).get(verb="escalated").about.all()] == ["Cleo"]
    assert operations.decide(request, "approve", by=cast.cleo.actor).status == "approved"


def test_who_is_asked_later_decides_for_all_who_were_asked_at_first(cast: Cast) -> None:
    request = escalating(cast, quorum="all")
    operations.escalate_due(NOW)
    request.refresh_from_db()
    assert operations.decide(request, "approve", by=cast.cleo.actor).status == "approved"


def test_who_was_asked_at_first_may_still_answer_without_who_was_asked_later(cast: Cast) -> None:
    request = escalating(cast, quorum="all")
    operations.escalate_due(NOW)
    request.refresh_from_db()
    assert operations.decide(request, "approve", by=cast.dan.actor).status == "pending"
    assert operations.decide(request, "approve", by=cast.ada.actor).status == "approved"


def test_nothing_is_done_about_what_is_settled(cast: Cast) -> None:
    operations.decide(escalating(cast, remind_at=SOON), "reject", by=cast.dan.actor)
    assert (operations.remind_due(NOW), operations.escalate_due(NOW), operations.expire_due(NOW)) == (0, 0, 0)


def test_time_takes_the_first_of_its_own_answers_that_approves(cast: Cast) -> None:
    answers = [{"id": "no", "counts_as": "reject"}, {"id": "now"}, {"id": "later"}]
    request = operations.open_request(
        by=cast.system, title="?", assignees=["role:approver"], answers=answers, auto_approve_at=SOON
    )
    operations.expire_due(NOW)
    request.refresh_from_db()
    assert (request.status, request.outcome) == ("approved", "now")
