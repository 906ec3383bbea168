"""What holds of every page, as one visit to each shows: its headers, no secret, nothing foreign, nothing changed."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client, override_settings

from convergio.workspaces.models import ApiKey
from tests.hostile.conftest import ask, text_of, undone
from tests.hostile.routes import Route, pages
from tests.hostile.world import World, build, snapshot
from tests.pages import browser
from tests.people import Cast, make_cast
from tests.thorough import THOROUGH

pytestmark = pytest.mark.django_db  # one after the other, so that they share the visit
BESIDE = ("/nothing", "/account/login/", "/api/v1/me", "/api/v1/docs")
"""Addresses of other kinds."""
POLICY = ("default-src 'self'", "object-src 'none'", "frame-ancestors 'none'", "base-uri 'none'")
FOREIGN = (
    "q=Zanz&page=2",
    "workflow={workflow}&step={step}&version={version}&next=/workflows/{workflow}/&category=Zanz",
    "status={execution}&old={version}&new={version}&path={step}&show={request}",
)
"""What a page may be asked for, naming what lies elsewhere."""
NAMES = [
    "q",
    "page",
    "status",
    "category",
    "show",
    "step",
    "round",
    "path",
    "old",
    "new",
    "next",
    "days",
    "workflow",
]
NONSENSE = "\x00%'\"<>" + "x" * 3000


@dataclass(frozen=True)
class Seen:
    """An answer, read to its end."""

    status: int
    headers: Any
    text: str

    @classmethod
    def at(cls, client: Client, address: str) -> "Seen":
        """Open an address."""
        answer = client.get(address)
        return cls(answer.status_code, answer.headers, text_of(answer))


@dataclass(frozen=True)
class Visit:
    """What was seen: every page's answer by its route, other answers by their address, and what else it did."""

    pages: dict[Route, Seen]
    beside: dict[str, Seen]
    log: str
    before: dict[str, Any]
    after: dict[str, Any]
    secrets: tuple[str, ...]
    marks: tuple[str, str]

    @property
    def answers(self) -> dict[str, Seen]:
        """All answers."""
        return {str(route): answer for route, answer in self.pages.items()} | self.beside


@pytest.fixture(scope="module")
def visit(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """Ada opens every page once, with another workspace beside hers."""
    media = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media"))
    with django_db_blocker.unblock(), undone(), media:
        cast = make_cast()
        return visited(cast, build(cast.ada, "own", "Homely"), build(cast.finn, "zz", "Zanzibar"))


def visited(cast: Cast, ours: World, theirs: World) -> Visit:
    ada, before = browser(cast.ada), snapshot(ours)
    with written() as log:
        seen = {route: Seen.at(ada, route.filled(ours.ids)) for route in pages()}
        after = snapshot(ours)
        clients = {"ada": ada, "a stranger": Client()}
        beside = {
            f"{address} as {who}": Seen.at(client, address)
            for address in BESIDE
            for who, client in clients.items()
        }
    secrets = (ours.api_key, ours.provider_key, ApiKey.objects.get(pk=ours.ids["key"]).digest)
    marks = (ours.mark, theirs.mark)
    return Visit(seen, beside, log.getvalue(), before, after, (*secrets, cast.ada.user.password), marks)


@contextmanager
def written() -> Iterator[io.StringIO]:
    """Whatever is logged meanwhile."""
    log, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(log), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield log
    root.removeHandler(handler)
    root.setLevel(level)


def test_every_page_carries_the_headers_that_protect_it(visit: Visit) -> None:
    for address, seen in visit.answers.items():
        answer = seen.headers
        assert answer["X-Frame-Options"] == "DENY", address
        assert answer["X-Content-Type-Options"] == "nosniff", address
        assert answer["Referrer-Policy"] == "same-origin", address
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin", address
        policy = answer["Content-Security-Policy"]
        assert [part for part in POLICY if part not in policy] == [], address
        assert [word for word in ("unsafe", "*", "http:", "https:") if word in policy] == [], address


def test_no_form_is_hidden_behind_a_get(visit: Visit) -> None:
    """What a link or a picture can trigger changes nothing."""
    assert visit.after == visit.before


def test_no_page_or_log_line_holds_a_secret(visit: Visit, settings: Any) -> None:
    texts = [*(answer.text for answer in visit.answers.values()), visit.log]
    assert sum(map(len, texts)) > 50_000
    assert [one for one in (*visit.secrets, settings.SECRET_KEY) if any(one in text for text in texts)] == []


def test_the_pages_hold_ours_alone(visit: Visit) -> None:
    ours, theirs = visit.marks
    seen = {str(route): answer.text for route, answer in visit.pages.items()}
    assert [route for route, text in seen.items() if theirs in text] == []
    assert sum(ours in text for text in seen.values()) > 15


@pytest.fixture
def readable(visit: Visit) -> list[Route]:
    """The pages that can be looked at; the others only take forms."""
    found = [route for route, answer in visit.pages.items() if answer.status != 405]
    assert len(found) > 30
    return found


def test_no_page_shows_what_lies_elsewhere_whatever_it_is_asked_for(
    cast: Cast, ours: World, theirs: World, readable: list[Route]
) -> None:
    ada = browser(cast.ada)
    for route in readable:
        is_list = not route.names
        for query in FOREIGN if is_list or THOROUGH else ["&".join(FOREIGN)]:
            address = f"{route.filled(ours.ids)}?{query.format(**theirs.ids)}"
            answer = ask(ada, "GET", address)
            assert answer.status_code < 500, address
            assert theirs.mark not in text_of(answer), address


def test_every_page_takes_nonsense_in_every_parameter(cast: Cast, ours: World, readable: list[Route]) -> None:
    ada = browser(cast.ada)
    for route in readable:
        with undone():
            answer = ada.get(route.filled(ours.ids), dict.fromkeys(NAMES, NONSENSE))
        assert answer.status_code < 500, route
