"""Who may do what: every operation of the API and every page, tried by every role and by every scope of a key.

The tables say the least role (or the scope) that may. An operation that is missing in them fails the tests.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from convergio.workspaces import operations as workspaces
from convergio.workspaces.models import ApiKey
from tests.hostile.conftest import ask, text_of, undone
from tests.hostile.routes import BASE, body_for, operations, pages
from tests.hostile.world import World
from tests.pages import browser
from tests.people import Cast

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
    "POST /members": "administer",
    "PATCH /members/{email}": "administer",
    "DELETE /members/{email}": "administer",
    "POST /api-keys": "own key",
    "POST /api-keys/{key_id}/revocation": "own key",
    "GET /providers": "administer",
    "GET /audit": "administer",
    "GET /health": "nobody",
    "POST /notices/reading": "view",
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
    "/notices/reading/": "view",
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


def wrong_by(client: Client, headers: dict[str, str], world: World, allowed: Any) -> list[str]:
    """The operations that answer otherwise than the table says."""
    wrong = []
    for route, facts in operations().items():
        if "stream" in route.path:
            continue
        answer = ask(client, route.verb, route.filled(world.ids), body_for(route, facts, world), **headers)
        if answer.status_code == 404 and "api-keys" in route.path:
            continue  # somebody else's key is not even found
        if refused(answer) == allowed(need(route)):
            wrong.append(f"{route}: {answer.status_code}")
    return wrong


@pytest.mark.parametrize("role", ROLES)
def test_every_operation_is_open_to_exactly_the_roles_of_the_table(
    cast: Cast, theirs_to_decide: World, role: str
) -> None:
    client = browser(cast.by_role[role])
    theirs_to_decide.ids["email"] = "eve@example.com" if role != "viewer" else "dan@example.com"
    assert wrong_by(client, {}, theirs_to_decide, lambda need: role in MAY[need]) == []


@pytest.mark.parametrize("scope", ["read", "run", "decide", "build", "admin"])
def test_every_operation_is_open_to_exactly_the_scopes_of_the_table(
    cast: Cast, theirs_to_decide: World, scope: str
) -> None:
    """The key is an owner's, so that only its scope holds it back."""
    _, key = workspaces.create_api_key(name="Robot", scopes=[scope], by=cast.ada.actor)
    theirs_to_decide.ids["email"] = "eve@example.com"
    headers = {"Authorization": f"Bearer {key}"}
    assert wrong_by(Client(), headers, theirs_to_decide, lambda need: scope in SCOPED[need]) == []


def test_a_key_has_no_more_than_its_member(cast: Cast, theirs_to_decide: World) -> None:
    """All scopes in the hands of a viewer are a viewer's rights."""
    scopes = ["read", "run", "decide", "build", "admin"]
    _, key = workspaces.create_api_key(name="Robot", scopes=scopes, by=cast.eve.actor)
    theirs_to_decide.ids["email"] = "dan@example.com"
    headers = {"Authorization": f"Bearer {key}"}

    def allowed(need: str) -> bool:
        return "viewer" in MAY[need] and need != "own key"

    assert wrong_by(Client(), headers, theirs_to_decide, allowed) == []


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


@pytest.mark.parametrize("role", ROLES)
def test_every_form_is_open_to_exactly_the_roles_of_the_table(
    cast: Cast, theirs_to_decide: World, role: str
) -> None:
    client, wrong = browser(cast.by_role[role]), []
    for route in pages():
        with undone():
            answer = client.post(route.filled(theirs_to_decide.ids) + "?path=greet", FORM)
        if answer.status_code == 405:
            assert route.path not in PAGES, f"{route} takes no form"
            continue
        if refused(answer) == (role in MAY[PAGES[route.path]]):
            wrong.append(f"{route}: {answer.status_code}")
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
