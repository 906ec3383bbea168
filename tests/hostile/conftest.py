"""Two workspaces with one of everything: ours (Ada's) and theirs (Finn's), and ways to ask."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from tests.hostile.world import World, build
from tests.people import Cast


@pytest.fixture(autouse=True)
def _unhurried(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is held up for asking often, files lie apart, and nobody asks after services that do not run."""
    cache.clear()
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("convergio.rest.health.CHECKS", {})


@pytest.fixture
def ours(cast: Cast) -> World:
    """Ada's workspace, with one of everything."""
    return build(cast.ada, "own", "Homely")


@pytest.fixture
def theirs(cast: Cast) -> World:
    """Finn's workspace, with one of everything, all of it marked."""
    return build(cast.finn, "zz", "Zanzibar")


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside never was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(client: Client, verb: str, address: str, body: Any = None, **headers: str) -> Any:
    """Ask the API or a page; a body of `{"file": …}` bytes is an upload. Nothing stays."""
    with undone():
        if verb in ("POST", "PUT", "PATCH") and address.endswith("/files"):
            upload = SimpleUploadedFile("zz.txt", b"hello", "text/plain")
            return client.post(address, {"file": upload}, headers=headers)
        data = b"" if body is None else json.dumps(body).encode()
        kind = "application/json" if body is not None else ""
        return client.generic(verb, address, data, kind or "application/octet-stream", headers=headers)


def text_of(response: Any) -> str:
    """The body of an answer, streamed or not; nothing of a stream that does not end."""
    if getattr(response, "streaming", False):
        return "" if response.is_async else b"".join(response.streaming_content).decode(errors="replace")
    return str(response.content.decode(errors="replace"))
