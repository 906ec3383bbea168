"""Deciding: exactly one outcome, by the right people, with a fitting answer."""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from approvals import operations, queries
from approvals.models import ApprovalRequest, Decision
from approvals.signals import request_settled
from convergio.audit.models import AuditEntry
from convergio.errors import Conflict, InvalidInput, NotAllowed, NotFound
from convergio.workspaces import operations as workspaces
from convergio.workspaces.actors import Actor
from tests.people import Cast


def ask(cast: Cast, **facts: Any) -> ApprovalRequest:
    """A request to approvers, unless told otherwise."""
    given = {"title": "Publish?", "assignees": ["role:approver"], "can_revise": True} | facts
    return operations.open_request(by=cast.system, **given)


@pytest.fixture
def settled() -> Iterator[list[ApprovalRequest]]:
    """Requests of which the signal told."""
    heard: list[ApprovalRequest] = []

    def listen(request: ApprovalRequest, **_: Any) -> None:
        heard.append(request)

    request_settled.connect(listen)
    yield heard
    request_settled.disconnect(listen)


@pytest.mark.parametrize(
    ("answer", "status"),
    [("approve", "approved"), ("reject", "rejected"), ("request_changes", "changes_requested")],
)
def test_an_answer_settles_the_request(
    cast: Cast, settled: list[ApprovalRequest], answer: str, status: str
) -> None:
    request = operations.decide(ask(cast), answer, by=cast.dan.actor, comment="Because.")
    request.refresh_from_db()
    assert request.status == status
    assert request.settled_at is not None
    assert [heard.status for heard in settled] == [status]
    verdict = queries.verdict(request)
    assert (verdict.status, verdict.comment, verdict.decided_by) == (status, "Because.", ("dan@example.com",))


def test_a_decision_is_audited_with_who_what_and_where_from(cast: Cast) -> None:
    operations.decide(ask(cast), "approve", by=cast.dan.actor)
    entry = AuditEntry.objects.get(action="approval.decide")
    assert (entry.actor, entry.via, entry.address) == (cast.dan.user, "page", "192.0.2.7")
    assert entry.changes == {"answer": [None, "approve"], "status": ["pending", "approved"]}


@pytest.mark.parametrize(
    ("role", "may"),
    [("owner", True), ("admin", True), ("builder", False), ("approver", True), ("viewer", False)],
)
def test_a_request_to_approvers_is_decided_by_them_and_who_stands_in(
    cast: Cast, role: str, may: bool
) -> None:
    request, who = ask(cast), cast.by_role[role]
    if may:
        assert operations.decide(request, "approve", by=who.actor).status == "approved"
        return
    with pytest.raises(NotAllowed):
        operations.decide(request, "approve", by=who.actor)
    assert not Decision.objects.exists()


def test_a_viewer_may_not_decide_even_when_named(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match="viewer"):
        operations.decide(ask(cast, assignees=[f"user:{cast.eve.email}"]), "approve", by=cast.eve.actor)


def test_a_stranger_cannot_approve(cast: Cast) -> None:
    with pytest.raises(NotFound):
        operations.decide(ask(cast), "approve", by=cast.finn.actor)


def test_the_system_does_not_decide(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match="answered by people"):
        operations.decide(ask(cast), "approve", by=cast.system)


def test_a_key_decides_only_with_the_scope_for_it(cast: Cast) -> None:
    request = ask(cast)
    with pytest.raises(NotAllowed, match="scopes"):
        operations.decide(request, "approve", by=cast.dan.with_scopes("run"))
    assert operations.decide(request, "approve", by=cast.dan.with_scopes("decide")).status == "approved"


def test_the_second_is_told_who_decided_what_and_when(cast: Cast) -> None:
    request = ask(cast)
    operations.decide(request, "reject", by=cast.dan.actor)
    with pytest.raises(Conflict, match=r"settled by Dan: rejected, on \d{4}-\d\d-\d\d") as refused:
        operations.decide(request, "approve", by=cast.ada.actor)
    assert refused.value.status == 409


def test_a_withdrawn_request_cannot_be_decided(cast: Cast) -> None:
    request = ask(cast, origin="run", origin_path="gate")
    assert operations.withdraw("run", "gate", 0)
    assert not operations.withdraw("run", "gate", 0)
    with pytest.raises(Conflict, match="was cancelled"):
        operations.decide(request, "approve", by=cast.dan.actor)


def test_the_requester_cannot_approve_when_duties_are_separated(cast: Cast) -> None:
    request = ask(cast, requested_by=cast.ada.user, separation_of_duties=True)
    with pytest.raises(NotAllowed, match="somebody else"):
        operations.decide(request, "approve", by=cast.ada.actor)
    assert operations.decide(request, "approve", by=cast.dan.actor).status == "approved"


def test_all_waits_for_everybody(cast: Cast, settled: list[ApprovalRequest]) -> None:
    request = ask(cast, assignees=["group:board"], quorum="all")
    assert operations.decide(request, "approve", by=cast.ada.actor).status == "pending"
    assert settled == []
    with pytest.raises(Conflict, match="answered this request already"):
        operations.decide(request, "approve", by=cast.ada.actor)
    assert operations.decide(request, "approve", by=cast.dan.actor).status == "approved"
    assert queries.verdict(request).decided_by == ("ada@example.com", "dan@example.com")


def test_all_does_not_wait_for_a_requester_who_may_not_answer(cast: Cast) -> None:
    request = ask(
        cast,
        assignees=["group:board"],
        quorum="all",
        requested_by=cast.ada.user,
        separation_of_duties=True,
    )
    assert operations.decide(request, "approve", by=cast.dan.actor).status == "approved"


def test_a_number_of_approvals_settles(cast: Cast) -> None:
    request = ask(cast, quorum=2)
    assert operations.decide(request, "approve", by=cast.dan.actor).status == "pending"
    assert operations.decide(request, "approve", by=cast.ben.actor).status == "approved"


@pytest.mark.parametrize(
    ("facts", "answer", "comment", "sentence"),
    [
        ({}, "maybe", "", "no answer"),
        ({}, "submit", "", "no answer"),
        ({"can_revise": False}, "request_changes", "Shorter", "Nothing can be revised"),
        ({}, "request_changes", "  ", "what should change"),
        ({}, "approve", "nul \x00", "cannot be stored"),
        ({}, "approve", "x" * 10_001, "at most 10000"),
        ({"kind": "input"}, "approve", "", "answered with submit"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_in_a_sentence(
    cast: Cast, facts: dict[str, Any], answer: str, comment: str, sentence: str
) -> None:
    request = ask(cast, **facts)
    with pytest.raises(InvalidInput, match=sentence):
        operations.decide(request, answer, by=cast.dan.actor, comment=comment)
    request.refresh_from_db()
    assert request.status == "pending"


OWN = [
    {"id": "now", "label": "Publish now"},
    {"id": "later", "label": "Publish later"},
    {"id": "never", "counts_as": "reject", "needs_comment": True},
]


@pytest.mark.parametrize(
    ("quorum", "given", "status", "outcome"),
    [
        ("any", ["later"], "approved", "later"),
        ("any", ["never"], "rejected", "never"),
        ("any", ["request_changes"], "changes_requested", "request_changes"),
        ("2", ["now", "later"], "approved", "later"),
        ("3", ["now", "now", "later"], "approved", "now"),
        ("all", ["later", "never"], "rejected", "never"),
    ],
)
def test_an_answer_of_its_own_counts_as_what_it_says_and_is_the_outcome(
    cast: Cast, quorum: str, given: list[str], status: str, outcome: str
) -> None:
    request = ask(cast, answers=OWN, quorum=quorum, assignees=["role:approver", "role:builder"])
    for answer, person in zip(given, (cast.dan, cast.cleo, cast.ben), strict=False):
        request = operations.decide(request, answer, by=person.actor, comment="So be it.")
    assert (request.status, request.outcome) == (status, outcome)
    assert queries.verdict(request).answer == outcome


def test_answers_of_its_own_replace_the_usual_ones_and_may_need_words(cast: Cast) -> None:
    request = ask(cast, answers=OWN, can_revise=False)
    assert [one.id for one in queries.answers_of(request)] == ["now", "later", "never"]
    for answer, sentence in (
        ("approve", "answered with now, later, never"),
        ("never", "“never” needs a comment"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            operations.decide(request, answer, by=cast.dan.actor)
    operations.decide(request, "later", by=cast.dan.actor)
    with pytest.raises(Conflict, match="settled by Dan: “Publish later”, on"):
        operations.decide(request, "now", by=cast.ada.actor)


def test_what_is_under_review_is_edited_and_then_approved(cast: Cast) -> None:
    request = ask(cast, data={"draft": "Helo"}, can_edit=True)
    done = operations.decide(request, "approve", by=cast.dan.actor, data={"draft": "Hello"})
    assert (done.data, done.decisions.get().data) == ({"draft": "Helo"}, {"draft": "Hello"})
    assert queries.verdict(done).data == {"draft": "Hello"}
    untouched = operations.decide(
        ask(cast, data="Hi", can_edit=True), "approve", by=cast.dan.actor, data="Hi"
    )
    assert queries.verdict(untouched).data is None


@pytest.mark.parametrize(
    ("facts", "answer", "data", "sentence"),
    [
        ({"can_edit": False}, "approve", "Hello", "cannot be changed"),
        ({}, "reject", "Hello", "only with approval"),
        ({"quorum": 2}, "approve", "Hello", "Several people decide"),
        ({}, "approve", ["Hello"], "keep its kind"),
        ({"data": 3}, "approve", True, "keep its kind"),
        ({}, "approve", "x" * 2_000_001, "bytes long"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(
    cast: Cast, facts: dict[str, Any], answer: str, data: Any, sentence: str
) -> None:
    request = ask(cast, **({"data": "Helo", "can_edit": True} | facts))
    with pytest.raises(InvalidInput, match=sentence):
        operations.decide(request, answer, by=cast.dan.actor, data=data)
    assert not Decision.objects.exists()


def test_many_are_decided_each_by_itself(cast: Cast, settled: list[ApprovalRequest]) -> None:
    fine = [ask(cast, title=f"Fine {number}") for number in range(3)]
    done, form = ask(cast, title="Done"), ask(cast, title="Form", kind="input")
    other, theirs = ask(cast, title="Other", assignees=["user:cleo@example.com"]), uuid4()
    operations.decide(done, "reject", by=cast.ada.actor)
    wanted = [fine[0].pk, done.pk, form.pk, fine[1].pk, other.pk, theirs, fine[2].pk, fine[0].pk]
    report = operations.decide_many(wanted, "approve", by=cast.dan.actor, comment="All good.")
    assert report.done == fine
    assert {one.status for one in report.done} == {"approved"}
    assert [(one.title, reason.split(" on ")[0].split(";")[0]) for one, reason in report.refused] == [
        ("Done", "This request was settled by Ada: rejected,"),
        ("Form", "“approve” is no answer to this request"),
        ("Other", "This request is addressed to cleo@example.com"),
    ]
    assert report.missing == [theirs]
    assert {one.comment for one in Decision.objects.filter(user=cast.dan.user)} == {"All good."}
    assert len(settled) == 4
    with pytest.raises(NotAllowed):
        operations.decide_many(wanted, "approve", by=cast.eve.actor)


def test_a_late_answer_loses_against_the_timeout(cast: Cast) -> None:
    request = ask(cast, expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Conflict, match="timed out"):
        operations.decide(request, "approve", by=cast.dan.actor)


def race(actions: list[Any]) -> Counter[str]:
    """Run actions at once, each on a connection of its own; count how they ended."""
    ends: Counter[str] = Counter()
    gate = threading.Barrier(len(actions))

    def run(action: Any) -> None:
        gate.wait()
        try:
            ends["won" if action() else "nothing"] += 1
        except Conflict as refused:
            ends[refused.sentence.split(" on ")[0]] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return ends


def test_of_twenty_who_decide_at_once_exactly_one_wins(
    committed_cast: Cast, settled: list[ApprovalRequest]
) -> None:
    cast = committed_cast
    request = ask(cast, assignees=["role:builder"])
    people = [
        workspaces.add_member(f"p{number}@example.com", "builder", by=cast.ada.actor) for number in range(20)
    ]
    actors = [Actor.of(member, via="page") for member in people]
    ends = race([lambda actor=actor: operations.decide(request, "approve", by=actor) for actor in actors])
    assert ends["won"] == 1
    assert sum(count for end, count in ends.items() if "settled by" in end) == 19
    assert len(settled) == 1
    assert Decision.objects.filter(request=request).count() == 1


@pytest.mark.parametrize("seed", range(5))
def test_a_decision_and_the_timeout_at_once_leave_one_winner(
    committed_cast: Cast, settled: list[ApprovalRequest], seed: int
) -> None:
    moment = timezone.now() + timedelta(seconds=30)
    request = ask(committed_cast, expires_at=moment)
    ends = race(
        [
            lambda: operations.decide(request, "approve", by=committed_cast.dan.actor),
            lambda: operations.expire_due(moment),
        ]
    )
    assert ends["won"] == 1
    assert sum(ends.values()) == 2
    request.refresh_from_db()
    assert [heard.status for heard in settled] == [request.status]
    assert request.status in ("approved", "timed_out")
