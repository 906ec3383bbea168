"""Who may decide, and what answers add up to: the rules as tables."""

import pytest

from approvals import policy
from approvals.policy import Asked, Candidate, Voice

ADA = Candidate(1, "ada@example.com", "owner", frozenset({"board"}))
BEN = Candidate(2, "ben@example.com", "admin")
CLEO = Candidate(3, "cleo@example.com", "builder")
DAN = Candidate(4, "Dan@Example.com", "approver", frozenset({"board"}))
EVE = Candidate(5, "eve@example.com", "viewer", frozenset({"board"}))
EVERYBODY = [ADA, BEN, CLEO, DAN, EVE]


@pytest.mark.parametrize(
    ("assignees", "meant"),
    [
        (["user:cleo@example.com"], {3}),
        (["user:dan@example.com"], {4}),
        (["group:board"], {1, 4}),
        (["role:approver"], {4}),
        (["role:admin"], {2}),
        (["role:builder", "group:board"], {1, 3, 4}),
        (["role:viewer"], {1, 2}),
        (["user:nobody@example.com"], set()),
        (["group:nobody"], set()),
        ([], set()),
    ],
)
def test_assignees_mean_these_people(assignees: list[str], meant: set[int]) -> None:
    assert policy.assigned(assignees, EVERYBODY) == meant


def test_owners_and_admins_stand_in_for_a_role_that_nobody_has() -> None:
    assert policy.assigned(["role:approver"], [ADA, BEN, CLEO]) == {1, 2}


@pytest.mark.parametrize(
    ("who", "assignees", "may"),
    [
        (DAN, ["role:approver"], True),
        (ADA, ["role:approver"], True),
        (BEN, ["role:approver"], True),
        (CLEO, ["role:approver"], False),
        (BEN, ["group:board"], False),
        (ADA, ["user:dan@example.com"], False),
        (DAN, ["user:dan@example.com"], True),
        (DAN, [], False),
    ],
)
def test_only_who_is_asked_or_stands_in_may_decide(who: Candidate, assignees: list[str], may: bool) -> None:
    reason = policy.refusal(who, Asked(assignees))
    assert (reason is None) is may


def test_the_requester_may_not_decide_when_duties_are_separated() -> None:
    own = Asked(["role:approver"], requester=4, separation_of_duties=True)
    assert "may not decide" in str(policy.refusal(DAN, own))
    assert policy.refusal(DAN, Asked(["role:approver"], requester=4)) is None
    assert policy.refusal(ADA, own) is None


def test_nobody_answers_twice() -> None:
    reason = policy.refusal(DAN, Asked(["role:approver"], answered=[4]))
    assert "answered this request already" in str(reason)


YES, NO, AGAIN = "approve", "reject", "request_changes"


@pytest.mark.parametrize(
    ("quorum", "meant", "answers", "status"),
    [
        ("any", {1, 2}, {}, None),
        ("any", {1, 2}, {1: YES}, "approved"),
        ("any", {1, 2}, {2: NO}, "rejected"),
        ("any", {1, 2}, {2: AGAIN}, "changes_requested"),
        ("any", {1}, {1: "submit"}, "submitted"),
        ("all", {1, 2}, {1: YES}, None),
        ("all", {1, 2}, {1: YES, 2: YES}, "approved"),
        ("all", {1, 2}, {1: YES, 2: NO}, "rejected"),
        ("all", {1, 2}, {1: NO}, "rejected"),
        ("all", {1, 2}, {9: YES}, None),
        ("all", {1, 2}, {1: YES, 2: AGAIN}, "changes_requested"),
        ("all", set(), {}, None),
        ("all", set(), {9: YES}, "approved"),
        ("2", {1, 2, 3}, {1: YES}, None),
        ("2", {1, 2, 3}, {1: YES, 3: YES}, "approved"),
        ("2", {1, 2, 3}, {1: NO}, None),
        ("2", {1, 2, 3}, {1: NO, 2: NO}, "rejected"),
        ("2", {1, 2, 3}, {1: NO, 2: YES, 3: YES}, "approved"),
        ("2", {1, 2, 3}, {1: YES, 2: NO, 3: NO}, "rejected"),
        ("2", {1}, {1: YES}, None),
        ("2", {1}, {1: NO}, "rejected"),
        ("3", {1, 2, 3}, {2: AGAIN}, "changes_requested"),
    ],
)
def test_answers_add_up(quorum: str, meant: set[int], answers: dict[int, str], status: str | None) -> None:
    voices = [Voice(answer, person, person) for person, answer in answers.items()]
    assert policy.outcome(quorum, meant, voices) == status


@pytest.mark.parametrize("quorum", ["any", "all", "1", "50"])
def test_is_a_quorum(quorum: str) -> None:
    assert policy.is_quorum(quorum)


@pytest.mark.parametrize("quorum", ["", "0", "51", "-1", "some", "٢", "1.5", "9" * 5000])
def test_is_no_quorum(quorum: str) -> None:
    assert not policy.is_quorum(quorum)


def test_assignees_are_read_aloud() -> None:
    told = policy.addressed_to(["group:board", "role:approver", "user:dan@example.com"])
    assert told == "the group board or the role approver or dan@example.com"
    assert policy.addressed_to([]) == "nobody"
