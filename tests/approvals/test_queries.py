"""What waits for whom."""

import pytest

from approvals import operations, queries
from tests.people import Cast


@pytest.mark.parametrize(
    ("assignees", "names"),
    [
        (["role:approver"], {"ada", "ben", "dan"}),
        (["role:builder"], {"ada", "ben", "cleo"}),
        (["group:board"], {"ada", "dan"}),
        (["user:cleo@example.com"], {"cleo"}),
        (["user:eve@example.com"], set()),
    ],
)
def test_a_request_waits_for_those_who_may_answer(cast: Cast, assignees: list[str], names: set[str]) -> None:
    request = operations.open_request(by=cast.system, title="?", assignees=assignees)
    everybody = ("ada", "ben", "cleo", "dan", "eve", "finn")
    waiting = {name for name in everybody if queries.waiting_for(getattr(cast, name).actor).exists()}
    allowed = {name for name in everybody[:5] if queries.refusal(request, getattr(cast, name).actor) is None}
    assert waiting == allowed == names


def test_it_waits_no_more_for_who_has_answered(cast: Cast) -> None:
    request = operations.open_request(by=cast.system, title="?", assignees=["group:board"], quorum="all")
    operations.decide(request, "approve", by=cast.dan.actor)
    assert not queries.waiting_for(cast.dan.actor).exists()
    assert queries.waiting_for(cast.ada.actor).get() == request


def test_it_does_not_wait_for_who_may_not_decide_their_own_request(cast: Cast) -> None:
    operations.open_request(
        by=cast.system,
        title="?",
        assignees=["role:approver"],
        requested_by=cast.ada.user,
        separation_of_duties=True,
    )
    assert not queries.waiting_for(cast.ada.actor).exists()
    assert queries.waiting_for(cast.dan.actor).exists()


def test_requests_of_another_workspace_are_not_there(cast: Cast) -> None:
    operations.open_request(by=cast.system, title="?", assignees=["role:owner"])
    assert not queries.visible_to(cast.finn.actor).exists()
    assert queries.visible_to(cast.eve.actor).count() == 1
    assert not queries.waiting_for(cast.system).exists()


def test_the_people_asked_are_named(cast: Cast) -> None:
    request = operations.open_request(by=cast.system, title="?", assignees=["group:board"])
    assert queries.people_asked(request) == [cast.ada.user, cast.dan.user]
