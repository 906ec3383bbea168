"""The boxes of the inbox: what lies in which, narrowed, sorted, and fast."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import operations, queries
from approvals.models import ApprovalRequest
from approvals.queries import Filters
from tests.pages import browser
from tests.people import Cast, Person

NOW = timezone.now()


def ask(cast: Cast, title: str = "Publish?", **facts: Any) -> ApprovalRequest:
    given = {"assignees": ["group:board"]} | facts
    return operations.open_request(by=cast.system, title=title, **given)


def titles(person: Person, **filters: Any) -> list[str]:
    return [one.title for one in queries.inbox(person.actor, Filters(**filters))]


def test_each_request_lies_where_people_look_for_it(cast: Cast) -> None:
    ask(cast, "group")
    ask(cast, "role", assignees=["role:approver"])
    ask(cast, "dan", assignees=["user:Dan@example.com"])
    ask(cast, "dan or board", assignees=["group:board", "user:dan@example.com"])
    operations.claim(ask(cast, "ada has it"), by=cast.ada.actor)
    operations.decide(ask(cast, "done"), "approve", by=cast.ada.actor)
    assert titles(cast.dan) == ["dan", "dan or board"]
    assert titles(cast.dan, box="groups") == ["group", "role"]
    assert titles(cast.ben, box="groups") == ["role"]
    assert titles(cast.ada) == ["ada has it"]
    for person in (cast.ada, cast.eve):
        assert titles(person, box="unassigned") == ["group", "role"]
        assert titles(person, box="all") == ["group", "role", "dan", "dan or board", "ada has it"]
        assert titles(person, box="done") == ["done"]
    assert titles(cast.eve) == titles(cast.eve, box="groups") == titles(cast.finn, box="all") == []
    assert queries.counts(cast.dan.actor) == {"mine": 2, "groups": 2, "unassigned": 2, "all": 5, "done": 1}
    assert queries.waiting_for(cast.dan.actor).count() == 4


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"words": "BUDGET plan"}, ["budget"]),
        ({"words": "100%"}, ["budget"]),
        ({"words": "cleo"}, ["letter"]),
        ({"words": "nothing"}, []),
        ({"kind": "input"}, ["letter"]),
        ({"priority": "high"}, ["budget"]),
        ({"source": "Plan"}, ["budget"]),
        ({"source": "Pla"}, []),
        ({"kind": "input", "priority": "high"}, []),
    ],
)
def test_a_list_is_narrowed(cast: Cast, filters: dict[str, str], found: list[str]) -> None:
    ask(cast, "budget", description="About 100% of it", priority="high", origin_label="Plan #3")
    form = {"type": "object", "properties": {}}
    ask(cast, "letter", kind="input", form=form, requested_by=cast.cleo.user, origin_label="Planning #1")
    assert titles(cast.dan, box="all", **filters) == found


def test_the_workflows_that_ask_are_named(cast: Cast) -> None:
    for label in ("Plan #1", "Plan #2", "Hash #tag #9", ""):
        ask(cast, origin_label=label)
    assert queries.sources(cast.dan.actor) == ["Hash #tag", "Plan"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [("due", "bacd"), ("priority", "dbac"), ("age", "abcd"), ("cost", "cbad")],
)
def test_a_list_is_sorted(cast: Cast, sort: str, order: str) -> None:
    soon, later = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    ask(cast, "a", expires_at=later)
    ask(cast, "b", due_at=soon, expires_at=later, cost=1)
    ask(cast, "c", cost=2, priority="low")
    ask(cast, "d", priority="urgent")
    assert "".join(titles(cast.dan, box="all", sort=sort)) == order


@pytest.mark.parametrize(
    ("given", "query"),
    [
        ({}, ""),
        ({"box": "all", "sort": "cost", "page": "2"}, "box=all&sort=cost&page=2"),
        ({"box": "nowhere", "sort": "up", "kind": "x", "priority": "most", "page": "-1", "y": "z"}, ""),
        ({"page": "9" * 99, "words": " a\x00b ", "source": "ä&="}, "words=ab&source=%C3%A4%26%3D"),
        ({"box": None, "page": ["2"], "words": 3, "priority": "URGENT"}, "words=3&priority=urgent"),
        ({"page": "٢", "kind": "tool"}, "kind=tool"),
    ],
)
def test_filters_are_read_from_anything_and_written_short(given: dict[str, Any], query: str) -> None:
    filters = Filters.read(given)
    assert filters.as_query() == query
    assert Filters.read({name: str(getattr(filters, name)) for name in Filters.__slots__}) == filters


def test_two_hundred_requests_take_six_queries(cast: Cast) -> None:
    operations.set_absence(cast.cleo.user, queries.today(), queries.today(), by=cast.dan.actor)
    rows = [
        ApprovalRequest(
            workspace=cast.workspace,
            title=f"Request {number}",
            assignees=["group:board"] if number % 2 else ["user:dan@example.com", "role:approver"],
            requested_by=cast.cleo.user,
            claimed_by=cast.dan.user if number % 3 == 0 else None,
            claimed_at=NOW,
            data={"draft": "word " * 2_000},
            origin_label=f"Plan #{number}",
        )
        for number in range(200)
    ]
    ApprovalRequest.objects.bulk_create(rows)
    with CaptureQueriesContext(connection) as asked:
        found = queries.inbox(cast.cleo.actor, Filters(box="all"))
        shown = [f"{one.title} {one.requested_by} {one.claimed_by}" for one in found]
        counts = queries.counts(cast.cleo.actor)
    assert len(shown) == counts["all"] == 200
    assert counts["mine"] + counts["groups"] > 0
    assert len(asked) == 6
    assert not any('"data"' in one["sql"] for one in asked.captured_queries)


def test_the_page_asks_as_much_for_fifty_as_for_two(cast: Cast) -> None:
    ask(cast, "first"), ask(cast, "second")
    few = queries_of_the_page(cast.dan)
    for number in range(50):
        ask(cast, f"Request {number}", requested_by=cast.cleo.user)
    assert queries_of_the_page(cast.dan) == few <= 30


def queries_of_the_page(person: Person) -> int:
    client = browser(person)
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/approvals/?box=groups").status_code == 200
    return len(asked)
