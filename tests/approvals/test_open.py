"""Opening requests: once per origin, path and round; rounds are linked."""

from typing import Any

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


def test_who_is_nobody_here_is_not_asked_in_vain(cast: Cast) -> None:
    ask = {"by": cast.system, "title": "?", "fallback": ["role:admin"]}
    gone = operations.open_request(assignees=["user:gone@example.com", "group:nobody"], **ask)
    assert gone.assignees == ["role:admin"]
    [opened] = queries.activities(gone)
    assert opened.text.startswith("It was meant for gone@example.com or the group nobody, but that is nobody")
    assert operations.open_request(assignees=[], **ask).assignees == ["role:admin"]
    assert operations.open_request(assignees=["user:eve@example.com"], **ask).assignees == ["role:admin"]
    there = operations.open_request(assignees=["user:gone@example.com", "user:dan@example.com"], **ask)
    assert there.assignees == ["user:gone@example.com", "user:dan@example.com"]
    own = {"requested_by": cast.dan.user, "separation_of_duties": True, "assignees": ["user:dan@example.com"]}
    assert operations.open_request(**own, **ask).assignees == ["role:admin"]


def test_what_one_round_asks_one_after_the_other_is_told_apart(cast: Cast) -> None:
    place = {
        "by": cast.system,
        "title": "?",
        "assignees": ["role:admin"],
        "origin": "run",
        "origin_path": "a",
    }
    first, second = (operations.open_request(question=one, **place) for one in ("send", "who"))
    assert first.pk != second.pk
    assert operations.open_request(question="send", round=1, **place).parent == first
    assert operations.withdraw("run", "a", 0, "who")
    assert queries.visible_to(cast.ada.actor).filter(status="pending").count() == 2
    assert operations.withdraw("run", "a", 0)
    assert operations.withdraw("run", "a", 1)
    assert not queries.visible_to(cast.ada.actor).filter(status="pending").exists()


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"priority": "most"}, "no priority"),
        ({"priority": 9}, "no priority"),
        ({"answers": [{"id": "a"}, {"id": "a"}]}, "same id"),
        ({"answers": [{"id": ""}]}, "must not be empty"),
        ({"answers": [{"id": "a", "counts_as": "submit"}]}, "counts as approve or reject"),
        ({"answers": [{"id": "request_changes"}]}, "wherever changes"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(cast: Cast, facts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        operations.open_request(by=cast.system, title="?", assignees=["role:admin"], **facts)
