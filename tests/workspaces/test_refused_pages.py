"""Refusals of pages: designed, never blank, and a note where HTMX asked for a part of a page."""

from typing import Any
from unittest.mock import patch

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.pages import browser
from tests.people import Cast

HTMX = {"HX-Request": "true"}


def refusals(cast: Cast, kind: str, headers: dict[str, str]) -> HttpResponse:
    client: Any = browser(cast.cleo)
    client.raise_request_exception = False
    match kind:
        case "wrong method":
            return client.post("/", headers=headers)
        case "not found":
            return client.get("/workflows/nobody/", headers=headers)
        case "no such address":
            return client.get("/nowhere/at/all/", headers=headers)
        case "wrong host":
            return client.get("/", headers={**headers, "Host": "evil.example.com"})
        case "too large":
            return client.post(
                "/workflows/new/",
                "name=" + "x" * 5_100_000,
                "application/x-www-form-urlencoded",
                headers=headers,
            )
        case "stale":
            strict = Client(enforce_csrf_checks=True)
            strict.cookies = client.cookies
            return strict.post("/workflows/new/", {"name": "x"}, headers=headers)
        case _:
            with patch("workflows.queries.visible_to", side_effect=RuntimeError("secret detail")):
                return client.get("/workflows/", headers=headers)


KINDS = {
    "wrong method": 405,
    "not found": 404,
    "no such address": 404,
    "wrong host": 400,
    "too large": 413,
    "stale": 403,
    "broken": 500,
}


@pytest.mark.parametrize(("kind", "status"), KINDS.items())
def test_a_refusal_is_a_designed_page(cast: Cast, kind: str, status: int) -> None:
    response = refusals(cast, kind, {})
    text = response.content.decode()
    assert response.status_code == status, text[:300]
    assert "<h1>" in text
    assert "convergio" in text.lower()
    assert "secret detail" not in text


@pytest.mark.parametrize(
    ("kind", "status"), [(kind, status) for kind, status in KINDS.items() if kind != "wrong host"]
)
def test_a_refusal_that_htmx_asked_for_is_a_note(cast: Cast, kind: str, status: int) -> None:
    response = refusals(cast, kind, HTMX)
    text = response.content.decode()
    assert response.status_code == status, text[:300]
    assert "<html" not in text
    assert "data-toast" in text
    assert response["HX-Retarget"] == "#toasts"


def test_a_wrong_method_names_the_right_one(cast: Cast) -> None:
    assert refusals(cast, "wrong method", {})["Allow"] == "GET"
