"""Who hears of what happens to a request."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from approvals import news, operations
from approvals.models import Absence, ApprovalRequest
from convergio.notifications import operations as notifications
from convergio.notifications import outbox
from convergio.notifications.models import Delivery, Notification
from tests.people import Cast, Person

NOW = timezone.now()


def ask(cast: Cast, *people: Person, **facts: Any) -> ApprovalRequest:
    asked = [f"user:{person.email}" for person in people or [cast.dan]]
    facts = {"requested_by": cast.cleo.user, **facts}
    return operations.open_request(by=cast.system, title="Pay?", assignees=asked, **facts)


def told(kind: str, *, unread: bool = False) -> set[str]:
    rows = Notification.objects.filter(kind=kind)
    rows = rows.filter(read_at=None) if unread else rows
    return set(rows.values_list("user__name", flat=True))


def test_who_is_asked_is_told_and_who_stands_in_for_somebody_away(cast: Cast) -> None:
    day = NOW.date()
    Absence.objects.create(
        workspace=cast.workspace, user=cast.dan.user, stand_in=cast.ben.user, first_day=day, last_day=day
    )
    ask(cast, cast.dan, cast.ada)
    assert told("asked") == {"Dan", "Ada", "Ben"}


def test_what_one_answered_is_read_by_them_and_what_is_settled_by_all(cast: Cast) -> None:
    request = ask(cast, cast.dan, cast.ada, cast.ben, quorum="2")
    operations.decide(request, "approve", by=cast.dan.actor)
    assert told("asked", unread=True) == {"Ada", "Ben"}
    assert told("changed") == {"Cleo"}, "who asked hears that somebody answered"
    operations.decide(request, "approve", by=cast.ada.actor)
    assert told("asked", unread=True) == set()
    assert Notification.objects.filter(kind="changed", user=cast.cleo.user).count() == 2
    outbox.deliver_due()
    statuses = Delivery.objects.values_list("recipient", "status")
    assert dict(statuses) == {f"{name}@example.com": "dropped" for name in ("dan", "ada", "ben")}


def test_handing_on_commenting_and_mentioning_reach_those_they_are_about(cast: Cast) -> None:
    request = ask(cast, cast.dan)
    operations.watch(request, by=cast.eve.actor)
    operations.delegate(request, cast.ben.user, by=cast.dan.actor, comment="You know this best")
    assert told("delegated") == {"Ben"}
    assert Notification.objects.get(kind="delegated").body == "You know this best"
    operations.comment(request, "@ada look at this", by=cast.ben.actor)
    assert told("mentioned") == {"Ada"}
    assert Notification.objects.get(kind="mentioned").body == "@ada look at this"
    about = Notification.objects.filter(kind="changed", user=cast.eve.user).values_list("title", flat=True)
    assert sorted(about) == ["Ben comments on “Pay?”", "Dan hands on “Pay?”"]


def test_people_are_reminded_once_and_it_is_escalated_once(cast: Cast, mailoutbox: list[Any]) -> None:
    request = ask(
        cast,
        cast.dan,
        remind_at=NOW - timedelta(minutes=1),
        escalate_at=NOW - timedelta(seconds=1),
        escalate_to=["role:owner"],
    )
    for _ in range(2):
        operations.remind_due()
        operations.escalate_due()
    assert (told("reminder"), told("escalation")) == ({"Dan"}, {"Ada"})
    assert Notification.objects.count() == 4, "asked, reminded, escalated, and who asked hears of that"
    request.refresh_from_db()
    operations.decide(request, "approve", by=cast.ada.actor)


def test_chats_hear_once_however_many_are_asked(cast: Cast) -> None:
    notifications.create_webhook(
        name="Ops", url="https://chat.example/x", kinds=["asked", "changed"], by=cast.ben.actor
    )
    request = ask(cast, cast.dan, cast.ada)
    operations.decide(request, "reject", by=cast.ada.actor)
    subjects = (
        Delivery.objects.filter(channel="webhook").order_by("created_at").values_list("subject", flat=True)
    )
    assert list(subjects) == ["Acme: Pay?", "Acme: Rejected: Pay?"]


def test_news_that_cannot_be_told_keeps_nobody_from_deciding(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        Notification.objects.create()  # fails in the database

    monkeypatch.setattr(news, "TELLING", dict.fromkeys(news.TELLING, broken))
    request = ask(cast)
    operations.decide(request, "approve", by=cast.dan.actor)
    request.refresh_from_db()
    assert request.status == "approved"
