"""Opening requests: once per origin, path and round; rounds are linked."""

import pytest

from approvals import operations, queries
from approvals.models import ApprovalRequest
from convergio.errors import InvalidInput
from tests.people import Cast


def gate(cast: Cast, number: int = 0) -> ApprovalRequest:
    return operations.open_request(
        by=cast.system,
        title="Publish?",
        assignees=["user:Dan@Example.com ", "user:dan@example.com"],
        origin="run-1",
        origin_path="gate",
        round=number,
    )


def test_opening_twice_gives_the_same_request(cast: Cast) -> None:
    assert gate(cast).pk == gate(cast).pk
    assert ApprovalRequest.objects.count() == 1


def test_addresses_are_kept_once_and_in_small_letters(cast: Cast) -> None:
    assert gate(cast).assignees == ["user:dan@example.com"]


def test_a_new_round_points_to_the_one_before(cast: Cast) -> None:
    first, second = gate(cast), gate(cast, 1)
    third = gate(cast, 2)
    assert (second.parent, third.parent) == (first, second)
    assert queries.revisions(third) == [third, second, first]


def test_requests_without_origin_stand_alone(cast: Cast) -> None:
    ask = {"by": cast.system, "title": "Over budget", "assignees": ["role:admin"]}
    assert operations.open_request(**ask).pk != operations.open_request(**ask).pk


def test_a_quorum_that_is_none_is_refused(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="no quorum"):
        operations.open_request(by=cast.system, title="?", assignees=["role:admin"], quorum="most")
