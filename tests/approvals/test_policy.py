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


BOARD = ["group:board"]


@pytest.mark.parametrize(
    ("who", "asked", "absent", "place", "reason"),
    [
        (CLEO, Asked(BOARD), [DAN], 4, None),
        (CLEO, Asked(BOARD), [], None, "addressed to the group board"),
        (CLEO, Asked(BOARD), [BEN], None, "addressed to"),
        (CLEO, Asked(BOARD), [EVE], None, "addressed to"),
        (CLEO, Asked(BOARD), [ADA, DAN], 1, None),
        (CLEO, Asked(BOARD, answered=[1]), [ADA, DAN], 4, None),
        (CLEO, Asked(BOARD, spoken_for=[1, 4]), [ADA, DAN], None, "addressed to"),
        (CLEO, Asked(BOARD, answered=[3]), [DAN], None, "answered this request already"),
        (ADA, Asked(BOARD), [DAN], None, None),
        (DAN, Asked(BOARD, spoken_for=[4]), [], None, "stands in for you has answered"),
        (DAN, Asked(BOARD, spoken_for=[4]), [ADA], 1, None),
        (CLEO, Asked(BOARD, requester=4, separation_of_duties=True), [DAN], None, "addressed to"),
        (CLEO, Asked(BOARD, requester=3, separation_of_duties=True), [DAN], None, "may not decide"),
        (CLEO, Asked(BOARD, requester=4), [DAN], 4, None),
    ],
)
def test_who_stands_in_answers_in_the_place_of_who_is_away(
    who: Candidate, asked: Asked, absent: list[Candidate], place: int | None, reason: str | None
) -> None:
    refused = policy.refusal(who, asked, absent)
    assert (refused is None) is (reason is None)
    assert (reason or "") in str(refused)
    if reason is None:
        assert policy.place_of(who, asked, absent) == place


@pytest.mark.parametrize(
    ("quorum", "meant", "voices", "stand_ins", "status"),
    [
        ("all", {1, 4}, [(YES, 3, 4), (YES, 1, 1)], {4: {3}}, "approved"),
        ("all", {1, 4}, [(YES, 3, 4)], {4: {3}}, None),
        # one voice covers everybody whom its speaker stands in for, also when they speak for themselves
        ("all", {1, 4}, [(YES, 3, 4)], {1: {3}, 4: {3}}, "approved"),
        ("all", {1, 4}, [(YES, 1, 1)], {4: {1}}, "approved"),
        ("all", {1, 4}, [(YES, 1, 1)], {4: {2}}, None),
        ("all", {1, 4}, [(NO, 3, 4)], {4: {3}}, "rejected"),
        # escalated to 2, who stands in for all who were asked at first
        ("all", {1, 4}, [(YES, 2, 2)], {1: {2}, 4: {2}}, "approved"),
        # but it is one voice, where voices are counted
        ("2", {1, 4}, [(YES, 3, 4)], {1: {3}, 4: {3}}, None),
        ("2", {1, 4}, [(YES, 3, 4), (YES, 1, 1)], {4: {3}}, "approved"),
        ("2", {1, 4}, [(NO, 3, 4)], {4: {3}}, "rejected"),
        ("2", {1, 4}, [(YES, 3, 4), (NO, 1, 1)], {4: {3}}, "rejected"),
        ("any", {1, 4}, [(NO, 3, 4)], {4: {3}}, "rejected"),
    ],
)
def test_a_stand_ins_answer_is_counted_for_whom_it_is_given(
    quorum: str,
    meant: set[int],
    voices: list[tuple[str, int, int]],
    stand_ins: dict[int, set[int]],
    status: str | None,
) -> None:
    assert policy.outcome(quorum, meant, [Voice(*voice) for voice in voices], stand_ins) == status


@pytest.mark.parametrize(
    ("status", "given", "answer"),
    [
        ("approved", [("now", YES)], "now"),
        ("approved", [("now", YES), ("later", YES)], "later"),
        ("approved", [("now", YES), ("now", YES), ("later", YES)], "now"),
        ("approved", [("drop", NO), ("now", YES)], "now"),
        ("rejected", [("now", YES), ("drop", NO)], "drop"),
        ("changes_requested", [("now", YES), (AGAIN, AGAIN)], AGAIN),
        ("submitted", [("submit", "submit")], "submit"),
        ("timed_out", [("now", YES)], ""),
    ],
)
def test_the_answer_that_most_gave_is_the_branch(
    status: str, given: list[tuple[str, str]], answer: str
) -> None:
    assert policy.chosen(status, given) == answer
