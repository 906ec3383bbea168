"""A page's live connection: signs in as a browser does, joins topics, and notes when each message came."""

import base64
import json
import os
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

PING, TEXT, PONG = 9, 1, 10


def sign_in(url: str, email: str, password: str) -> httpx.Client:
    """Return a browser of a person who is signed in."""
    browser = httpx.Client(base_url=url, follow_redirects=True, timeout=60)
    form = browser.get("/account/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token, "no sign-in page"
    given = {"csrfmiddlewaretoken": token[1], "login": email, "password": password}
    browser.post("/account/login/", data=given, headers={"Referer": f"{url}/account/login/"})
    assert "sessionid" in browser.cookies, "the sign-in was refused"
    return browser


@dataclass
class Live:
    """An open WebSocket. `heard` are (time, message), oldest first."""

    browser: httpx.Client
    heard: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    def __enter__(self) -> "Live":
        """Open it."""
        where = urlsplit(str(self.browser.base_url))
        self.line = socket.create_connection((where.hostname or "", where.port or 80), timeout=60)
        self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        cookies = "; ".join(f"{name}={value}" for name, value in self.browser.cookies.items())
        key = base64.b64encode(os.urandom(16)).decode()
        origin = f"{where.scheme}://{where.netloc}"
        self.line.sendall(
            f"GET /live/ HTTP/1.1\r\nHost: {where.netloc}\r\nOrigin: {origin}\r\nCookie: {cookies}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.input = self.line.makefile("rb")
        answer = self.input.readline()
        assert b" 101 " in answer, f"no WebSocket: {answer!r}"
        while self.input.readline().strip():
            pass
        self.line.settimeout(None)
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.line.close()

    def join(self, topic: str) -> None:
        """Ask for a topic's news and wait until they come."""
        self._send(TEXT, json.dumps({"join": topic}).encode())
        end = time.monotonic() + 10
        while not any(each["topic"] == topic and each["type"] == "joined" for _, each in self.heard):
            assert time.monotonic() < end, f"nobody let us into {topic}"
            time.sleep(0.002)

    def _listen(self) -> None:
        try:
            while True:
                kind, content = self._frame()
                if kind == TEXT:
                    self.heard.append((time.time(), json.loads(content)))
                elif kind == PING:
                    self._send(PONG, content)
        except (OSError, ValueError, struct.error):
            return

    def _frame(self) -> tuple[int, bytes]:
        first, second = self.input.read(2)
        length = second & 127
        if length == 126:
            (length,) = struct.unpack(">H", self.input.read(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self.input.read(8))
        return first & 15, self.input.read(length)

    def _send(self, kind: int, content: bytes) -> None:
        """Send a short frame, masked as browsers must; the mask is zero."""
        assert len(content) < 126
        self.line.sendall(bytes([128 | kind, 128 | len(content)]) + bytes(4) + content)
