"""Whatever is sent, the answer is a 4xx in the one format, never a trace."""

import logging
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.test import Client

from convergio.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooLarge,
    TooMany,
    Unavailable,
)
from convergio.rest.errors import answer_for
from tests.api.callers import Caller, Callers
from tests.workflows.examples import CYCLE, SMALL

NOBODY = "01a1fe4f-0000-7000-8000-000000000000"

DEEP = b'{"name": "x", "definition": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}"
VERY_DEEP = b"[" * 200_000 + b"]" * 200_000


UNUSABLE: list[tuple[bytes, int]] = [
    (b"", 422),
    (b"{", 400),
    (b"not json", 400),
    (b"\xff\xfe\x00", 400),
    (b'"text"', 422),
    (b"[]", 422),
    (b"null", 422),
    (b"3", 422),
    (b"{}", 422),
    (b'{"name": 3}', 422),
    (b'{"name": null}', 422),
    (b'{"name": "x", "surprise": 1}', 422),
    (b'{"name": "nul \\u0000"}', 422),
    (b'{"name": "half \\ud800"}', 422),
    (b'{"name": "x", "definition": {"outputs": {"a": NaN}}}', 422),
    (b'{"name": "x", "definition": {"outputs": {"a": 1e999}}}', 422),
    (b'{"name": "x", "definition": {"outputs": {"a": ' + b"9" * 6000 + b"}}}", 400),
    (b'{"name": "x", "definition": []}', 422),
    (b'{"name": "x", "definition": {"steps": "many"}}', 422),
    (b'{"name": "x", "definition": {"format": 99}}', 422),
    (b'{"name": "x", "tags": "one"}', 422),
    (b'{"name": "x", "slug": "../../etc"}', 422),
    (DEEP, 422),
    (VERY_DEEP, 422),
    (b'{"name": "' + b"x" * 5_100_000 + b'"}', 413),
]


def test_a_body_that_cannot_be_used_is_refused_in_a_sentence(callers: Callers) -> None:
    for raw, status in UNUSABLE:
        answer = callers.cleo.ask("POST", "/workflows", raw=raw)
        assert answer.status == status, (raw[:40], answer.body)
        assert "Traceback" not in answer.error["message"]


def test_a_fault_names_its_field(callers: Callers) -> None:
    error = callers.cleo.post("/workflows", {"name": "x", "surprise": 1}).error
    assert error["code"] == "invalid_input"
    assert error["details"][0]["field"] == "surprise"
    error = callers.cleo.get("/workflows?limit=0").error
    assert error["details"][0]["field"] == "limit"


NOWHERE: list[tuple[str, str, int, str]] = [
    ("GET", "/nothing", 404, "not_found"),
    ("GET", "/workflows/no-such", 404, "not_found"),
    ("GET", "/workflows/%2e%2e", 404, "not_found"),
    ("GET", "/executions/3", 404, "not_found"),
    ("GET", "/executions/not-a-uuid", 404, "not_found"),
    ("GET", f"/executions/{NOBODY}", 404, "not_found"),
    ("GET", f"/approvals/{NOBODY}", 404, "not_found"),
    ("GET", f"/files/{NOBODY}", 404, "not_found"),
    ("GET", "/agents/nobody", 404, "not_found"),
    ("GET", "/tools/nothing", 404, "not_found"),
    ("GET", "/templates/nothing", 404, "not_found"),
    ("DELETE", "/workflows", 405, "method_not_allowed"),
    ("PUT", "/executions", 405, "method_not_allowed"),
    ("GET", "/workflows/nul%00", 400, "bad_request"),
    ("GET", "/workflows?search=%00", 400, "bad_request"),
    ("GET", "/workflows?limit=0", 422, "invalid_input"),
    ("GET", "/workflows?limit=201", 422, "invalid_input"),
    ("GET", "/workflows?limit=many", 422, "invalid_input"),
    ("GET", f"/workflows?offset={10**30}", 422, "invalid_input"),
    ("GET", "/executions?status=odd", 422, "invalid_input"),
    ("GET", "/executions?since=yesterday", 422, "invalid_input"),
    ("GET", "/approvals?status=odd", 422, "invalid_input"),
]


def test_an_address_that_leads_nowhere_is_answered_in_the_one_format(callers: Callers) -> None:
    for verb, path, status, code in NOWHERE:
        answer = callers.ada.ask(verb, path)
        assert (answer.status, answer.error["code"]) == (status, code), path


def test_a_wrong_method_names_the_right_ones(callers: Callers) -> None:
    assert set(callers.ada.delete("/workflows").headers["Allow"].split(", ")) == {"GET", "POST"}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer cvg_wrong", "Bearer \x7f", "Basic YTpi", "cvg_x"])
def test_without_a_valid_key_nobody_gets_in(callers: Callers, header: str) -> None:
    answer = Caller().ask("GET", "/workflows", **({"Authorization": header} if header else {}))
    assert (answer.status, answer.error["code"]) == (401, "not_signed_in")


def test_a_revoked_key_is_told_so(callers: Callers) -> None:
    key = callers.ada.get("/api-keys").body["items"][0]
    revoked = callers.ada.post(f"/api-keys/{key['id']}/revocation")
    assert revoked.body["revoked_at"]
    outcome = [caller.get("/me") for caller in callers.by_role.values()]
    assert sum("revoked" in str(answer.body) for answer in outcome if answer.status == 401) == 1


def test_a_refused_host_is_answered_in_the_one_format(callers: Callers) -> None:
    answer = callers.ada.ask("GET", "/me", Host="evil.example.com")
    assert (answer.status, answer.error["code"]) == (400, "bad_request")


def test_an_unexpected_error_is_logged_and_told_without_a_trace(
    callers: Callers, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        patch("workflows.queries.visible_to", side_effect=RuntimeError("secret detail")),
        caplog.at_level(logging.ERROR),
    ):
        answer = callers.ada.get("/workflows")
    assert (answer.status, answer.error["code"]) == (500, "internal")
    assert "secret detail" not in str(answer.body)
    assert "secret detail" in caplog.text


def test_a_database_that_is_away_is_a_503(callers: Callers) -> None:
    with patch("workflows.queries.visible_to", side_effect=OperationalError("gone")):
        answer = callers.ada.get("/workflows")
    assert (answer.status, answer.error["code"]) == (503, "unavailable")


def test_every_error_class_has_a_status_of_its_own_kind() -> None:
    for error in (InvalidInput, NotSignedIn, NotAllowed, NotFound, Conflict, TooLarge, TooMany, Unavailable):
        assert 400 <= error.status < 600
        assert answer_for(error()).status_code == error.status
        assert error().sentence.endswith(".")


HOSTILE: list[Any] = [
    "${__import__('os').system('id')}",
    "${inputs.__class__.__mro__}",
    "${steps.a.output.__globals__}",
    "{{ 7*7 }}",
    "${inputs['x']}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_expressions_that_look_like_code_are_findings_or_plain_text_and_never_run(
    callers: Callers, text: str
) -> None:
    definition = {"steps": [{"id": "a", "type": "transform", "config": {"value": text}}]}
    answer = callers.cleo.post("/validations", {"definition": definition})
    assert answer.status == 200
    assert answer.body["valid"] is ("$" not in text)


@pytest.mark.parametrize(
    "definition", [CYCLE, {"steps": 3}, {"steps": [{"id": "1", "type": "no"}]}, {"edges": [{}]}]
)
def test_a_definition_that_is_wrong_is_explained(callers: Callers, definition: dict[str, Any]) -> None:
    found = callers.eve.post("/validations", {"definition": definition}).body
    assert found["valid"] is False
    assert all(finding["message"] and finding["code"] for finding in found["findings"])
    assert callers.eve.post("/validations", {"definition": SMALL}).body == {"valid": True, "findings": []}


def test_an_unsafe_call_by_session_needs_the_csrf_token(callers: Callers) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(callers.cast.cleo.user)
    caller = Caller(client=client)
    assert caller.get("/me").body["email"] == "cleo@example.com"
    refused = caller.post("/workflows", {"name": "New"})
    assert (refused.status, refused.error["code"]) == (403, "csrf")
    token = "a" * 32
    client.cookies["csrftoken"] = token
    assert caller.post("/workflows", {"name": "New"}, **{"X-CSRFToken": token}).status == 201


def test_a_stranger_is_asked_for_a_key_and_not_for_a_token(callers: Callers) -> None:
    answer = Caller(client=Client(enforce_csrf_checks=True)).post("/workflows", {"name": "New"})
    assert (answer.status, answer.error["code"]) == (401, "not_signed_in")


def test_who_belongs_nowhere_is_told(callers: Callers) -> None:
    from convergio.workspaces.models import User

    client = Client()
    client.force_login(User.objects.create_user("new@example.com"))
    answer = Caller(client=client).get("/me")
    assert answer.status == 403
    assert "no workspace" in answer.error["message"]


def test_too_many_requests_are_asked_to_wait(callers: Callers, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    statuses = [callers.ada.get("/me").status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    answer = callers.ada.get("/me")
    assert answer.error["code"] == "too_many"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert callers.ben.get("/me").status == 200


def test_without_redis_nobody_is_held_up(callers: Callers, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    with patch("convergio.rest.limits._redis", side_effect=ConnectionError):
        assert [callers.ada.get("/me").status for _ in range(3)] == [200, 200, 200]
