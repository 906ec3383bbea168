"""News for people: who is told, how they chose to be told, and what their pages show."""

from typing import Any

import pytest

from convergio.notifications import operations
from convergio.notifications.models import Delivery, Kind, Notification
from convergio.notifications.operations import News
from tests.pages import browser
from tests.people import Cast

ASKED = News(Kind.ASKED, "Publish the report?", body="Please look", url="/approvals/1/", about="request:1")


def tell(cast: Cast, news: News = ASKED, *, to: str = "dan") -> list[Notification]:
    return operations.notify([getattr(cast, to).user], news, by=cast.cleo.actor)


def test_who_is_asked_sees_it_in_the_page_and_is_mailed(cast: Cast) -> None:
    tell(cast)
    page = browser(cast.dan).get("/notifications/").content.decode()
    assert "Publish the report?" in page
    assert "Cleo" in page
    assert 'aria-label="1 unread"' in page
    assert Delivery.objects.get().recipient == "dan@example.com"
    assert "Publish the report?" not in browser(cast.eve).get("/notifications/").content.decode()


@pytest.mark.parametrize(
    ("page", "email", "shown", "mailed"),
    [(True, True, 1, 1), (True, False, 1, 0), (False, True, 0, 1), (False, False, 0, 0)],
)
def test_people_are_told_in_the_ways_they_chose(
    cast: Cast, page: bool, email: bool, shown: int, mailed: int
) -> None:
    operations.set_preferences({"asked": {"page": page, "email": email}}, by=cast.dan.actor)
    tell(cast)
    assert Notification.objects.filter(is_shown=True).count() == shown
    assert Delivery.objects.count() == mailed


def test_watched_changes_are_not_mailed_unless_somebody_wants_that(cast: Cast) -> None:
    tell(cast, News(Kind.CHANGED, "Decided"))
    assert (Notification.objects.count(), Delivery.objects.count()) == (1, 0)


def test_nobody_hears_of_what_they_did_themselves_nor_who_was_let_go(cast: Cast) -> None:
    cast.dan.user.is_active = False
    assert operations.notify([cast.cleo.user, cast.dan.user], ASKED, by=cast.cleo.actor) == []


def test_preferences_are_saved_by_the_form_and_hold_for_one_person_alone(cast: Cast) -> None:
    dan = browser(cast.dan)
    assert dan.post("/notifications/preferences/", {"asked-page": "on"}).status_code == 303
    answer = dan.get("/api/v1/notifications/preferences").json()["preferences"]
    assert answer["asked"] == {"page": True, "email": False}
    assert answer["mentioned"] == {"page": False, "email": False}
    others = browser(cast.ada).get("/api/v1/notifications/preferences").json()["preferences"]
    assert others["mentioned"] == {"page": True, "email": True}


def test_news_is_read_one_by_one_by_opening_it_or_all_at_once(cast: Cast) -> None:
    first, second, third = (tell(cast)[0] for _ in range(3))
    dan = browser(cast.dan)
    opening = {"id": str(first.pk), "open": "1"}
    assert dan.post("/notifications/reading/", opening)["Location"] == "/approvals/1/"
    assert dan.get("/api/v1/notifications?unread=true").json()["count"] == 2
    for strange in (str(second.pk), "x", "\x00"):
        assert browser(cast.eve).post("/notifications/reading/", {"id": strange}).status_code == 303
    dan.post("/notifications/reading/", {"id": str(second.pk)})
    assert [one["id"] for one in dan.get("/api/v1/notifications?unread=true").json()["items"]] == [
        str(third.pk)
    ]
    answer = dan.post("/api/v1/notifications/reading", {}, content_type="application/json")
    assert answer.json() == {"read": 1}
    assert "unread" not in dan.get("/notifications/count/").content.decode()


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/x" * 300]
)
def test_no_news_leads_to_another_site(cast: Cast, url: str) -> None:
    news = tell(cast, News(Kind.ASKED, "Look", url=url))[0]
    dan, opening = browser(cast.dan), {"id": str(news.pk), "open": "1"}
    assert dan.post("/notifications/reading/", opening)["Location"] == "/notifications/"
    Notification.objects.filter(pk=news.pk).update(url=url[:500])
    there = dan.post("/notifications/reading/", opening)["Location"]
    assert there.startswith("/") and "evil" not in there


def test_what_is_settled_waits_for_nobody_but_what_was_said_stays_unread(cast: Cast) -> None:
    tell(cast)
    tell(cast, News(Kind.MENTIONED, "Cleo mentions you", about="request:1"))
    assert operations.settle("request:1", by=cast.system) == 1
    assert [one.kind for one in Notification.objects.filter(read_at=None)] == [Kind.MENTIONED]


def test_the_bell_of_the_person_alone_is_poked(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    poked: list[str] = []
    monkeypatch.setattr(operations, "publish_on_commit", lambda topic, message: poked.append(topic))
    tell(cast)
    assert poked == [f"person.{cast.dan.user.pk}"]


def test_something_is_seen_to_once(cast: Cast) -> None:
    assert [operations.once("a"), operations.once("a"), operations.once("b")] == [True, False, True]
