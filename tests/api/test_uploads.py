"""Uploads: what is no readable file is refused in a sentence, in the one format, by the real server too."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.api.callers import BASE, Callers

FORM = "multipart/form-data; boundary=b"


def part(disposition: str, body: str = "x", *more: str) -> bytes:
    head = "\r\n".join([f"Content-Disposition: {disposition}", "Content-Type: text/csv", *more])
    return f"--b\r\n{head}\r\n\r\n{body}\r\n--b--\r\n".encode()


GOOD = part('form-data; name="file"; filename="a.csv"')
UNREADABLE = {
    "no boundary": ("multipart/form-data", GOOD),
    "empty boundary": ("multipart/form-data; boundary=", GOOD),
    "foreign letters": ("multipart/form-data; boundary=é", GOOD),
    "no base64": (
        FORM,
        part('form-data; name="file"; filename="a"', "!", "Content-Transfer-Encoding: base64"),
    ),
}
NO_FILE = {
    "garbage": (FORM, b"garbage"),
    "cut": (FORM, b"--b\r\nContent-Disp"),
    "empty": (FORM, b""),
    "json": ("application/json", b'{"file": 3}'),
    "table": ("text/csv", b"a,b"),
    "no type": ("", b"a,b"),
    "form": ("application/x-www-form-urlencoded", b"file=3"),
    "other field": (FORM, part('form-data; name="other"; filename="a.csv"')),
    "empty name": (FORM, part('form-data; name="file"; filename=""')),
    "folder": (FORM, part('form-data; name="file"; filename=".."')),
    "no name": (FORM, part('form-data; name="file"')),
}


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def send(callers: Callers, content_type: str, raw: bytes) -> Any:
    caller = callers.cleo
    headers = {"Authorization": f"Bearer {caller.key}"}
    return caller.client.generic("POST", f"{BASE}/files", raw, content_type, headers=headers)


def test_a_file_with_a_name_is_kept(callers: Callers) -> None:
    assert send(callers, FORM, GOOD).json()["name"] == "a.csv"


def test_what_is_no_multipart_is_refused_in_a_sentence(callers: Callers) -> None:
    for name, (content_type, raw) in UNREADABLE.items():
        response = send(callers, content_type, raw)
        told = (response.status_code, response.json()["error"]["code"])
        assert told == (400, "malformed_multipart"), name
        assert "multipart/form-data" in response.json()["error"]["message"]


def test_without_a_named_file_one_is_asked_for(callers: Callers) -> None:
    for name, (content_type, raw) in NO_FILE.items():
        response = send(callers, content_type, raw)
        assert (response.status_code, response.json()["error"]["code"]) == (422, "invalid_input"), name
        assert "in the field “file”" in response.json()["error"]["message"]


@pytest.fixture
def server() -> Iterator[str]:
    """The web server as it really runs; it needs no database for what is refused before a key is looked at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "convergio.web", "-b", "127.0.0.1", "-p", str(port), "-v", "0"]
    running = subprocess.Popen([*command, "convergio.asgi:application"], env=os.environ.copy())
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                httpx2.get(f"{address}/api/v1/nothing", timeout=5)
                break
            except httpx2.TransportError:
                time.sleep(0.2)
        yield address
    finally:
        running.terminate()
        running.wait(20)


def test_the_real_server_leaves_malformed_bodies_to_the_error_format(server: str) -> None:
    for content_type, raw in [*UNREADABLE.values(), *NO_FILE.values()]:
        response = httpx2.post(
            f"{server}/api/v1/files", content=raw, headers={"Content-Type": content_type.encode()}, timeout=20
        )
        assert set(response.json()["error"]) == {"code", "message", "details"}, response.content
