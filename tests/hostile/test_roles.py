"""Who may do what: every operation of the API and every page, tried by roles and scopes on both sides of its border.

The tables say the least role (or the scope) that may. An operation that is missing in them fails the tests.
Everybody is asked with HYPOTHESIS_PROFILE=thorough.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from convergio.workspaces import operations as workspaces
from convergio.workspaces.models import ApiKey, Role
from convergio.workspaces.permissions import GRANTS, SCOPES
from tests.hostile.conftest import ask, text_of, undone
from tests.hostile.routes import BASE, Route, body_for, operations, pages
from tests.hostile.world import World
from tests.pages import browser
from tests.people import Cast, Person
from tests.thorough import THOROUGH, in_turn

ROLES = ("viewer", "approver", "builder", "admin", "owner")
LEAST: dict[str, str] = {
    "POST /workflows": "build",
    "POST /workflow-imports": "build",
    "POST /validations": "view",
    "PATCH /workflows/{slug}": "build",
    "DELETE /workflows/{slug}": "build",
    "PUT /workflows/{slug}/draft": "build",
    "POST /workflows/{slug}/versions": "build",
    "POST /workflows/{slug}/versions/{number}/restoration": "build",
    "POST /workflows/{slug}/copies": "build",
    "POST /workflows/{slug}/archival": "build",
    "DELETE /workflows/{slug}/archival": "build",
    "POST /templates/{slug}/workflows": "build",
    "POST /executions": "run",
    "POST /executions/{execution_id}/cancellation": "run",
    "POST /executions/{execution_id}/pause": "run",
    "DELETE /executions/{execution_id}/pause": "run",
    "POST /executions/{execution_id}/retries": "run",
    "POST /executions/{execution_id}/forks": "run",
    "POST /workflows/{slug}/trials": "try",
    "PUT /workflows/{slug}/pins/{step}": "build",
    "DELETE /workflows/{slug}/pins/{step}": "build",
    "DELETE /workflows/{slug}/pins": "build",
    "POST /executions/{execution_id}/pins": "build",
    "POST /events": "run",
    "POST /files": "run",
    "POST /approvals/{request_id}/decisions": "decide",
    "POST /approvals/decisions": "decide",
    "POST /approvals/{request_id}/claim": "decide",
    "DELETE /approvals/{request_id}/claim": "decide",
    "POST /approvals/{request_id}/delegations": "decide",
    "POST /approvals/{request_id}/comments": "decide",
    "PUT /approvals/{request_id}/watch": "view",
    "DELETE /approvals/{request_id}/watch": "view",
    "POST /approvals/filters": "view",
    "DELETE /approvals/filters/{filter_id}": "view",
    "POST /approvals/absences": "decide",
    "DELETE /approvals/absences/{absence_id}": "decide",
    "POST /members": "administer",
    "PATCH /members/{email}": "administer",
    "DELETE /members/{email}": "administer",
    "POST /api-keys": "own key",
    "POST /api-keys/{key_id}/revocation": "own key",
    "GET /providers": "administer",
    "GET /audit": "administer",
    "GET /health": "nobody",
    "POST /notices/reading": "view",
    "POST /notifications/reading": "view",
    "PATCH /notifications/preferences": "view",
}
"""What each operation needs; reading needs `view` where nothing else is said."""
MAY: dict[str, tuple[str, ...]] = {
    "nobody": ROLES,
    "view": ROLES,
    "own key": ROLES,
    "decide": ROLES[1:],
    "run": ROLES[2:],
    "build": ROLES[2:],
    "try": ROLES[2:],
    "administer": ROLES[3:],
}
"""Which roles have what."""
SCOPED: dict[str, tuple[str, ...]] = {
    "nobody": ("read", "run", "decide", "build", "admin"),
    "view": ("read", "run", "decide", "build", "admin"),
    "decide": ("decide", "admin"),
    "run": ("run", "admin"),
    "build": ("build", "admin"),
    "try": ("admin",),
    "administer": ("admin",),
    "own key": ("admin",),
}
"""Which scopes of an owner's key have what."""
SHUT = {"try": (("read", "decide", "run"), ("read", "decide", "build"))}
"""What opens with two scopes together, stays shut with these; anything else, with all the others together."""
PAGES: dict[str, str] = {
    "/workspace/{id}/": "view",
    "/workflows/{slug}/run/": "run",
    "/runs/{id}/{order}/": "run",
    "/runs/{id}/fork/": "run",
    "/runs/{id}/pins/": "build",
    "/workflows/{slug}/trial/": "try",
    "/workflows/{slug}/pins/": "build",
    "/workflows/new/": "build",
    "/workflows/import/": "build",
    "/workflows/{slug}/facts/": "build",
    "/workflows/{slug}/draft/": "build",
    "/workflows/{slug}/outline/": "build",
    "/workflows/{slug}/versions/{number}/restoration/": "build",
    "/workflows/{slug}/publication/": "build",
    "/workflows/{slug}/changes/": "build",
    "/workflows/{slug}/changes/undo/": "build",
    "/workflows/{slug}/changes/redo/": "build",
    "/workflows/{slug}/presence/": "view",
    "/workflows/{slug}/panel/": "build",
    "/workflows/{slug}/steps/{step}/panel/": "build",
    "/workflows/{slug}/copies/": "build",
    "/workflows/{slug}/archival/": "build",
    "/workflows/{slug}/deletion/": "build",
    "/templates/{slug}/": "build",
    "/approvals/{id}/decision/": "decide",
    "/approvals/{id}/claim/": "decide",
    "/approvals/{id}/delegation/": "decide",
    "/approvals/{id}/comments/": "decide",
    "/approvals/{id}/watch/": "view",
    "/approvals/decisions/": "decide",
    "/approvals/filters/": "view",
    "/approvals/filters/{id}/deletion/": "view",
    "/approvals/absences/": "decide",
    "/approvals/absences/{id}/end/": "decide",
    "/notices/reading/": "view",
    "/notifications/reading/": "view",
    "/notifications/preferences/": "view",
}
"""What it takes to send each page's form; pages that are not here take none."""
FORM = {
    "name": "New",
    "answer": "approve",
    "city": "Rome",
    "revision": "0",
    "document": "{}",
    "text": '{"name": "In", "definition": {"steps": []}}',
    "note": "x",
}


def need(route: Any) -> str:
    """What an operation needs. Raises KeyError for one that changes something and is not in the table."""
    name = str(route).replace(BASE, "")
    return LEAST.get(name, "view") if route.verb == "GET" else LEAST[name]


def refused(answer: Any) -> bool:
    """Whether somebody was told that they may not."""
    if answer.status_code == 403:
        return True
    assert answer.status_code not in (401, 404) and answer.status_code < 500, text_of(answer)[:300]
    return False


@pytest.fixture
def theirs_to_decide(cast: Cast, ours: World) -> World:
    """Everybody is asked, so that only roles decide."""
    request = ours.rows["approvalrequest"]
    people = [f"user:{person.email}" for person in cast.by_role.values()]
    type(request).objects.filter(pk=request.pk).update(assignees=people)  # type: ignore[attr-defined]
    return ours


def at_the_border(roles: tuple[str, ...]) -> tuple[str, ...]:
    """Who is asked where these roles may: the highest that may not and the lowest that may; all if thorough."""
    return ROLES if THOROUGH else (*[role for role in ROLES if role not in roles][-1:], roles[0])


def test_a_role_may_whatever_a_lower_one_may() -> None:
    """So that it is enough to ask at the border."""
    grants = [GRANTS[Role(role)] for role in ROLES]
    assert all(lower < higher for lower, higher in pairwise(grants))
    assert all(roles == ROLES[-len(roles) :] for roles in MAY.values())


PERSONAL = ("api-keys", "approvals/filters", "approvals/absences")


class Asker:
    """Somebody who asks for operations of the API in a world."""

    def __init__(self, world: World, email: str, key: str = "", client: Client | None = None) -> None:
        self.world, self.client = world, client or Client()
        other = "dan@example.com" if email == "eve@example.com" else "eve@example.com"
        self.ids = world.ids | {"email": other}
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def wrong(self, route: Route, may: bool) -> str:
        """What is wrong about the answer when the asker may, or may not; empty if nothing is."""
        body = body_for(route, operations()[route], self.world)
        answer = ask(self.client, route.verb, route.filled(self.ids), body, **self.headers)
        if answer.status_code == 404 and any(one in route.path for one in PERSONAL):
            return ""  # what is somebody else's is not even found
        return f"{route}: {answer.status_code}" if refused(answer) == may else ""


def asked_operations() -> list[Route]:
    """All but the stream, which has tests of its own."""
    return [route for route in operations() if "stream" not in route.path]


def test_every_operation_is_open_to_exactly_the_roles_of_the_table(
    cast: Cast, theirs_to_decide: World
) -> None:
    askers = {
        role: Asker(theirs_to_decide, person.email, client=browser(person))
        for role, person in cast.by_role.items()
    }
    wrong = [
        (role, askers[role].wrong(route, role in MAY[need(route)]))
        for route in asked_operations()
        for role in at_the_border(MAY[need(route)])
    ]
    assert [(role, what) for role, what in wrong if what] == []


def test_every_operation_is_open_to_exactly_the_scopes_of_the_table(
    cast: Cast, theirs_to_decide: World
) -> None:
    """One of the scopes that open it does, and all the others together do not.

    The keys are an owner's, so that only their scopes hold them back.
    """
    asker = cache(lambda scopes: Asker(theirs_to_decide, cast.ada.email, key_of(cast.ada, *scopes)))
    wrong = [
        (scopes, asker(scopes).wrong(route, may))
        for turn, route in enumerate(asked_operations())
        for scopes, may in around(need(route), turn)
    ]
    assert [(scopes, what) for scopes, what in wrong if what] == []


def around(need: str, turn: int) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Scopes of keys to ask with for what needs something, and whether they may."""
    yield from (((scope,), True) for scope in in_turn(SCOPED[need], turn))
    others = tuple(scope for scope in SCOPES if scope not in SCOPED[need])
    yield from ((scopes, False) for scopes in SHUT.get(need, (others,)) if scopes)
    if THOROUGH:
        yield from (((scope,), False) for scope in others)


def key_of(person: Person, *scopes: str) -> str:
    return workspaces.create_api_key(name="Robot", scopes=scopes, by=person.actor)[1]


def test_a_key_has_no_more_than_its_member(cast: Cast, theirs_to_decide: World) -> None:
    """All scopes in the hands of a viewer are a viewer's rights."""
    asker = Asker(theirs_to_decide, cast.eve.email, key_of(cast.eve, *SCOPES))
    refused_to_viewers = [route for route in asked_operations() if "viewer" not in MAY[need(route)]]
    wrong = [asker.wrong(route, False) for route in refused_to_viewers]
    wrong.append(asker.wrong(Route("GET", f"{BASE}/workflows"), True))
    wrong.append(asker.wrong(Route("POST", f"{BASE}/api-keys"), False))  # with a key nobody makes another
    assert [what for what in wrong if what] == []


def ended_keys(cast: Cast) -> dict[str, tuple[str, int]]:
    """Keys that open nothing, with the status that they are answered with."""

    def made(**facts: Any) -> str:
        row, key = workspaces.create_api_key(name="Robot", scopes=["read", "admin"], by=cast.ada.actor)
        ApiKey.objects.filter(pk=row.pk).update(**facts)
        return key

    past = timezone.now() - timedelta(seconds=1)
    return {
        "revoked": (made(revoked_at=past), 401),
        "expired": (made(expires_at=past), 401),
        "without scope": (made(scopes=[]), 403),
        "with an unknown scope": (made(scopes=["everything", "*", "view", "own"]), 403),
        "unknown": ("cvg_" + "x" * 43, 401),
        "cut": (made()[:-1], 401),
        "in capitals": (made().upper(), 401),
        "the digest": (ApiKey.digest_of(made()), 401),
        "empty": ("", 401),
    }


def test_a_key_that_ended_or_has_no_scope_opens_nothing(cast: Cast, ours: World) -> None:
    for name, (key, status) in ended_keys(cast).items():
        for route, facts in operations().items():
            if need(route) == "nobody":
                continue
            address = route.filled(ours.ids)
            body = body_for(route, facts, ours)
            answer = ask(Client(), route.verb, address, body, Authorization=f"Bearer {key}")
            assert answer.status_code == status, f"{name}: {route}: {answer.status_code}"
            assert ours.mark not in text_of(answer), route
            if name != "without scope":
                break


def test_without_sign_in_nothing_is_open(ours: World) -> None:
    for route, facts in operations().items():
        answer = ask(Client(), route.verb, route.filled(ours.ids), body_for(route, facts, ours))
        assert answer.status_code == (200 if need(route) == "nobody" else 401), route
    for route in pages():
        for verb in ("GET", "POST"):
            answer = ask(Client(), verb, route.filled(ours.ids))
            assert answer.status_code in (302, 405), f"{route}: {answer.status_code}"
            assert answer.status_code == 405 or answer["Location"].startswith("/account/login/")


def test_every_form_is_open_to_exactly_the_roles_of_the_table(cast: Cast, theirs_to_decide: World) -> None:
    clients = {role: browser(person) for role, person in cast.by_role.items()}
    wrong = []
    for route in pages():
        may = MAY[PAGES[route.path]] if route.path in PAGES else ()
        for role in at_the_border(may) if may else ROLES[-1:]:
            with undone():
                answer = clients[role].post(route.filled(theirs_to_decide.ids) + "?path=greet", FORM)
            if answer.status_code == 404 and route.path.strip("/").startswith(PERSONAL):
                continue  # what is somebody else's is not even found
            if not may:
                assert answer.status_code == 405, f"{route} takes a form"
            elif refused(answer) == (role in may) or answer.status_code == 405:
                wrong.append(f"{route} as {role}: {answer.status_code}")
    assert wrong == []


def test_an_admin_makes_no_owner_and_unmakes_none(cast: Cast, ours: World) -> None:
    client = browser(cast.ben)
    for verb, address, body in (
        ("PATCH", "/members/ada@example.com", {"role": "viewer"}),
        ("DELETE", "/members/ada@example.com", None),
        ("PATCH", "/members/ben@example.com", {"role": "owner"}),
        ("POST", "/members", {"email": "new@example.com", "role": "owner"}),
    ):
        assert ask(client, verb, BASE + address, body).status_code == 403, (verb, address)
