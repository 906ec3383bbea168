"""What time does to requests."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from approvals import operations, queries
from approvals.models import ApprovalRequest
from approvals.signals import request_settled
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
