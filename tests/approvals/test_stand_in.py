"""While somebody is away: who answers in their place, and whose answer it is."""

from datetime import date, timedelta
from typing import Any

import pytest

from approvals import operations, queries
from approvals.models import Absence, ApprovalRequest
from approvals.queries import Filters, today
from convergio.audit.models import AuditEntry
from convergio.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests.people import Cast, Person

DAY = timedelta(days=1)


def ask(cast: Cast, **facts: Any) -> ApprovalRequest:
    given = {"title": "Publish?", "assignees": ["group:board"]} | facts
    return operations.open_request(by=cast.system, **given)


def away(person: Person, stand_in: Person, first: int = 0, last: int = 0) -> Absence:
    """Have somebody stand in from so many days from now to so many."""
    days = today() + first * DAY, today() + last * DAY
    return operations.set_absence(stand_in.user, *days, by=person.actor)


@pytest.mark.parametrize(("first", "last", "may"), [(0, 0, True), (0, 5, True), (1, 5, False)])
def test_a_stand_in_answers_on_those_days_alone(cast: Cast, first: int, last: int, may: bool) -> None:
    away(cast.dan, cast.cleo, first, last)
    request = ask(cast)
    assert (queries.refusal(request, cast.cleo.actor) is None) is may
    assert queries.waiting_for(cast.cleo.actor).exists() is may
    assert (queries.stands_in_for(cast.cleo.actor) == [cast.dan.user]) is may


def test_it_is_kept_for_whom_somebody_answered(cast: Cast) -> None:
    away(cast.dan, cast.cleo)
    request = ask(cast, quorum="all")
    assert queries.place_of(request, cast.cleo.actor) == cast.dan.user
    operations.decide(request, "approve", by=cast.cleo.actor)
    [decision] = request.decisions.all()
    assert (decision.user, decision.on_behalf_of) == (cast.cleo.user, cast.dan.user)
    with pytest.raises(NotAllowed, match="stands in for you has answered"):
        operations.decide(request, "approve", by=cast.dan.actor)
    assert operations.decide(request, "approve", by=cast.ada.actor).status == "approved"


def test_who_is_asked_themselves_answers_for_themselves_and_covers_who_is_away(cast: Cast) -> None:
    away(cast.dan, cast.ada)
    request = ask(cast, quorum="all")
    assert operations.decide(request, "approve", by=cast.ada.actor).status == "approved"
    assert request.decisions.get().on_behalf_of is None


def test_nobody_stands_in_for_the_requester_where_duties_are_separated(cast: Cast) -> None:
    away(cast.dan, cast.cleo)
    request = ask(cast, requested_by=cast.dan.user, separation_of_duties=True)
    with pytest.raises(NotAllowed, match="addressed to"):
        operations.decide(request, "approve", by=cast.cleo.actor)
    assert not queries.waiting_for(cast.cleo.actor).exists()


def test_what_names_who_is_away_is_mine(cast: Cast) -> None:
    away(cast.dan, cast.cleo)
    named, group = ask(cast, assignees=["user:dan@example.com"]), ask(cast)
    assert list(queries.inbox(cast.cleo.actor, Filters(box="mine"))) == [named]
    assert list(queries.inbox(cast.cleo.actor, Filters(box="groups"))) == [group]


def test_an_absence_that_ends_early_ends(cast: Cast) -> None:
    absence = away(cast.dan, cast.cleo, 0, 9)
    with pytest.raises(NotAllowed, match="Dan's absence"):
        operations.end_absence(absence, by=cast.cleo.actor)
    with pytest.raises(NotFound):
        operations.end_absence(absence, by=cast.finn.actor)
    operations.end_absence(absence, by=cast.dan.actor)
    assert queries.stands_in_for(cast.cleo.actor) == []
    assert [entry.action for entry in AuditEntry.objects.filter(object_type="absence").order_by("at")] == [
        "absence.set",
        "absence.end",
    ]


@pytest.mark.parametrize(
    ("stand_in", "first", "last", "sentence"),
    [
        ("dan", 0, 0, "Somebody else"),
        ("eve", 0, 0, "may only look"),
        ("cleo", 3, 2, "must not be before"),
        ("cleo", -3, -1, "have passed"),
        ("cleo", 0, 400, "366 days"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(
    cast: Cast, stand_in: str, first: int, last: int, sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        away(cast.dan, getattr(cast, stand_in), first, last)
    assert not Absence.objects.exists()


def test_a_stranger_stands_in_for_nobody(cast: Cast) -> None:
    with pytest.raises(NotFound):
        away(cast.dan, cast.finn)
    with pytest.raises(NotAllowed):
        operations.set_absence(cast.cleo.user, date(2030, 1, 1), date(2030, 1, 2), by=cast.eve.actor)


def test_a_stand_in_who_is_late_is_told(cast: Cast) -> None:
    away(cast.dan, cast.cleo)
    request = ask(cast)
    operations.decide(request, "reject", by=cast.ada.actor)
    with pytest.raises(Conflict, match="settled by Ada: rejected"):
        operations.decide(request, "approve", by=cast.cleo.actor)
