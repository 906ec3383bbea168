"""Taking a request on, letting go of it, handing it on, and talking about it."""

from collections.abc import Iterator
from typing import Any

import pytest

from approvals import operations, queries
from approvals.models import Activity, ApprovalRequest, Watch
from approvals.operations.talking import mentions
from approvals.queries import Filters
from approvals.signals import request_changed
from convergio.audit.models import AuditEntry
from convergio.errors import Conflict, InvalidInput, NotAllowed, NotFound
from convergio.workspaces import operations as workspaces
from convergio.workspaces.actors import Actor
from tests.approvals.test_decide import race
from tests.people import Cast, Person

type Heard = list[tuple[str, str, list[str]]]


def ask(cast: Cast, **facts: Any) -> ApprovalRequest:
    given = {"title": "Publish?", "assignees": ["group:board"]} | facts
    return operations.open_request(by=cast.system, **given)


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What the signal told: the verb, by whom, about whom."""
    news: Heard = []

    def listen(verb: str, user: Any, about: list[Any], **_: Any) -> None:
        news.append((verb, str(user), [str(one) for one in about]))

    request_changed.connect(listen)
    yield news
    request_changed.disconnect(listen)


def boxes(person: Person) -> dict[str, int]:
    return {box: number for box, number in queries.counts(person.actor).items() if number}


def test_a_claimed_request_is_one_persons_until_it_is_released(cast: Cast, heard: Heard) -> None:
    request = ask(cast)
    assert boxes(cast.ada) == boxes(cast.dan) == {"groups": 1, "unassigned": 1, "all": 1}
    operations.claim(request, by=cast.dan.actor)
    assert operations.claim(request, by=cast.dan.actor).claimed_by == cast.dan.user
    assert boxes(cast.dan) == {"mine": 1, "all": 1}
    assert boxes(cast.ada) == {"all": 1}
    operations.release(request, by=cast.dan.actor)
    assert boxes(cast.ada) == {"groups": 1, "unassigned": 1, "all": 1}
    assert heard == [("opened", "None", []), ("claimed", "Dan", []), ("released", "Dan", ["Dan"])]
    assert [entry.action for entry in AuditEntry.objects.order_by("at")] == [
        "approval.open",
        "approval.claim",
        "approval.release",
    ]


def test_a_claim_hides_nothing_where_several_answers_are_needed(cast: Cast) -> None:
    request = operations.claim(ask(cast, quorum=2), by=cast.dan.actor)
    assert boxes(cast.ada) == {"groups": 1, "all": 1}
    assert queries.refusal(request, cast.ada.actor) is None


def test_the_second_who_claims_is_told_who_has_it(cast: Cast) -> None:
    request = operations.claim(ask(cast), by=cast.dan.actor)
    with pytest.raises(Conflict, match=r"Dan claimed it on \d{4}"):
        operations.claim(request, by=cast.ada.actor)
    assert operations.decide(request, "approve", by=cast.ada.actor).status == "approved"
    with pytest.raises(Conflict, match="settled by Ada"):
        operations.release(request, by=cast.dan.actor)


def test_of_ten_who_claim_at_once_one_has_it(committed_cast: Cast) -> None:
    cast = committed_cast
    request = ask(cast, assignees=["role:builder"])
    members = [workspaces.add_member(f"p{n}@example.com", "builder", by=cast.ada.actor) for n in range(10)]
    actors = [Actor.of(member, via="page") for member in members]
    ends = race([lambda actor=actor: operations.claim(request, by=actor) for actor in actors])
    assert ends["won"] == 1
    assert sum(count for end, count in ends.items() if end.endswith("claimed it")) == 9


def test_only_who_has_it_or_an_admin_lets_go_of_it(cast: Cast) -> None:
    request = operations.claim(ask(cast), by=cast.dan.actor)
    with pytest.raises(NotAllowed, match="Dan has claimed it"):
        operations.release(request, by=cast.cleo.actor)
    assert operations.release(request, by=cast.ben.actor).claimed_by is None


@pytest.mark.parametrize("who", ["ben", "cleo", "eve"])
def test_only_who_may_answer_claims(cast: Cast, who: str) -> None:
    with pytest.raises(NotAllowed):
        operations.claim(ask(cast), by=getattr(cast, who).actor)


def test_handing_on_puts_somebody_in_ones_place(cast: Cast, heard: Heard) -> None:
    request = ask(cast, assignees=["user:dan@example.com"])
    operations.delegate(request, cast.cleo.user, by=cast.dan.actor, comment="You know more.")
    request.refresh_from_db()
    assert (request.assignees, request.claimed_by) == (["user:cleo@example.com"], cast.cleo.user)
    assert boxes(cast.cleo) == {"mine": 1, "all": 1}
    assert boxes(cast.dan) == {"all": 1}
    assert heard[-1] == ("delegated", "Dan", ["Cleo"])
    assert Activity.objects.get(verb="delegated").text == "You know more."
    assert operations.decide(request, "approve", by=cast.cleo.actor).status == "approved"


def test_who_took_over_covers_who_handed_it_on_when_all_must_approve(cast: Cast) -> None:
    request = ask(cast, quorum="all")
    operations.delegate(request, cast.cleo.user, by=cast.dan.actor)
    assert operations.decide(request, "approve", by=cast.ada.actor).status == "pending"
    assert operations.decide(request, "approve", by=cast.cleo.actor).status == "approved"


def test_who_took_over_from_who_took_over_or_stood_in_covers_them_all(cast: Cast) -> None:
    operations.set_absence(cast.cleo.user, queries.today(), queries.today(), by=cast.dan.actor)
    request = ask(cast, quorum="all")
    operations.delegate(request, cast.ben.user, by=cast.ada.actor)
    operations.delegate(request, cast.cleo.user, by=cast.ben.actor)
    assert operations.decide(request, "approve", by=cast.cleo.actor).status == "approved"
    other = ask(cast, quorum="all")
    operations.delegate(other, cast.ben.user, by=cast.cleo.actor)
    assert operations.decide(other, "approve", by=cast.ada.actor).status == "pending"
    assert operations.decide(other, "approve", by=cast.ben.actor).status == "approved"


def test_an_admin_hands_on_what_is_somebody_elses(cast: Cast) -> None:
    request = ask(cast, assignees=["user:dan@example.com"])
    request = operations.delegate(request, cast.cleo.user, by=cast.ben.actor)
    assert queries.refusal(request, cast.cleo.actor) is None


@pytest.mark.parametrize(
    ("to", "facts", "sentence"),
    [
        ("dan", {}, "somebody else"),
        ("eve", {}, "may only look"),
        ("cleo", {"separation_of_duties": True}, "asked for this"),
        ("ada", {"quorum": 2}, "has answered"),
    ],
)
def test_it_is_handed_on_only_to_who_may_decide(
    cast: Cast, to: str, facts: dict[str, Any], sentence: str
) -> None:
    request = ask(cast, requested_by=cast.cleo.user, **facts)
    if facts.get("quorum"):
        operations.decide(request, "approve", by=cast.ada.actor)
    with pytest.raises(InvalidInput, match=sentence):
        operations.delegate(request, getattr(cast, to).user, by=cast.dan.actor)
    with pytest.raises(NotFound):
        operations.delegate(request, cast.finn.user, by=cast.dan.actor)
    with pytest.raises(NotAllowed):
        operations.delegate(request, cast.ada.user, by=cast.cleo.actor)


def test_who_is_mentioned_watches_from_then_on(cast: Cast, heard: Heard) -> None:
    request = ask(cast)
    text = "@cleo, please ask @Ben@example.com and @finn; @dan and mail@ada are no news. @nobody"
    said = operations.comment(request, text, by=cast.dan.actor)
    assert sorted(str(one) for one in said.about.all()) == ["Ben", "Cleo"]
    assert {str(watch.user) for watch in Watch.objects.all()} == {"Ben", "Cleo"}
    assert [verb for verb, *_ in heard] == ["opened", "commented", "mentioned"]
    operations.comment(request, "@cleo again", by=cast.ada.actor)
    assert queries.is_watching(request, cast.cleo.actor)
    operations.unwatch(request, by=cast.cleo.actor)
    operations.watch(request, by=cast.eve.actor)
    assert {str(watch.user) for watch in Watch.objects.all()} == {"Ben", "Eve"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("@Dan.", ["dan"]),
        ("(@dan-lee) @dan", ["dan-lee", "dan"]),
        ("a@b.example", []),
        ("@a.b+c@b-c.example.com, hi", ["a.b+c@b-c.example.com"]),
        ("@@dan @", []),
    ],
)
def test_mentions_are_found(text: str, found: list[str]) -> None:
    assert mentions(text) == found


def test_words_are_said_after_the_end_too_but_not_by_viewers_or_strangers(cast: Cast) -> None:
    request = operations.decide(ask(cast), "approve", by=cast.dan.actor)
    operations.comment(request, "Why?", by=cast.cleo.actor)
    for text in ("", " ", "x" * 10_001):
        with pytest.raises(InvalidInput):
            operations.comment(request, text, by=cast.dan.actor)
    with pytest.raises(NotAllowed):
        operations.comment(request, "x", by=cast.eve.actor)
    for act in (operations.claim, operations.release, operations.watch, operations.unwatch):
        with pytest.raises(NotFound):
            act(request, by=cast.finn.actor)
    with pytest.raises(NotFound):
        operations.comment(request, "x", by=cast.finn.actor)


def test_a_kept_view_is_replaced_shared_and_forgotten(cast: Cast) -> None:
    operations.save_filter("Urgent", "priority=low", by=cast.dan.actor)
    kept = operations.save_filter("Urgent", "priority=urgent&page=3&x=y", by=cast.dan.actor, is_shared=True)
    assert Filters.read({"priority": "urgent", "page": "3"}).as_query() == kept.query
    assert list(queries.filters_of(cast.eve.actor)) == [kept]
    assert not queries.filters_of(cast.finn.actor)
    with pytest.raises(NotAllowed, match="Dan's"):
        operations.delete_filter(kept, by=cast.eve.actor)
    with pytest.raises(NotFound):
        operations.delete_filter(kept, by=cast.finn.actor)
    operations.delete_filter(kept, by=cast.ben.actor)
    assert not queries.filters_of(cast.dan.actor)
