"""Where a request came from, with and without proxies."""

from typing import Any

import pytest
from django.test import RequestFactory

from convergio.workspaces.middleware import client_address


def address(forwarded: str | None) -> str | None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR="192.0.2.7"))


def test_nobody_is_believed_about_themselves(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 0
    assert address("203.0.113.9") == "192.0.2.7"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.3", "203.0.113.9"),
        (1, "203.0.113.9:4711", "203.0.113.9"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "unknown", "192.0.2.7"),
        (1, "", "192.0.2.7"),
        (1, None, "192.0.2.7"),
        (2, "203.0.113.9", "192.0.2.7"),
    ],
)
def test_behind_proxies_it_is_what_the_outermost_saw(
    settings: Any, proxies: int, forwarded: str | None, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert address(forwarded) == expected
