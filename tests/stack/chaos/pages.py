"""Open pages and programs that follow runs: many sockets, some of which never read, and streams of events."""

import asyncio
import base64
import json
import os
import random
import struct
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

GONE = (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError, ValueError)
TEXT, CLOSE = 1, 8


@dataclass
class Page:
    """One socket. `joined` while it hears the news of its topics."""

    topic: str
    reads: bool
    joined: bool = False
    joins: int = 0
    heard: int = 0


@dataclass
class Followed:
    """What a program got of a run's log, however often it had to come back."""

    run: str
    seqs: list[int] = field(default_factory=list)
    ended: bool = False


@dataclass
class Audience:
    """Everybody who looks, in one thread. `cookie` is of a session, `key` an API key that may read."""

    port: str
    cookie: str
    key: str
    pages: list[Page] = field(default_factory=list)
    followed: list[Followed] = field(default_factory=list)
    stopping: bool = False
    thread: threading.Thread | None = None

    def begin(self) -> None:
        """Start the thread."""
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def open_pages(self, topics: list[str], slow: int) -> None:
        """Open a page for each topic; the first few never read."""
        for at, topic in enumerate(topics):
            page = Page(topic, reads=at >= slow)
            self.pages.append(page)
            self._keep(lambda page=page: self._visit(page))  # type: ignore[misc]

    def follow(self, run: str) -> None:
        """Follow a run to its end."""
        followed = Followed(run)
        self.followed.append(followed)
        self._keep(lambda: self._follow(followed))

    @property
    def are_back(self) -> bool:
        """Whether every page that reads hears its news, and every followed run was followed to its end."""
        return all(page.joined for page in self.pages if page.reads) and all(
            one.ended for one in self.followed
        )

    def stop(self) -> None:
        """Close everything."""
        self.stopping = True
        if self.thread is None:
            return
        asyncio.run_coroutine_threadsafe(_cancel_all(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def _keep(self, visit: Callable[[], Coroutine[Any, Any, bool]]) -> None:
        asyncio.run_coroutine_threadsafe(self._again_and_again(visit), self.loop)

    async def _again_and_again(self, visit: Callable[[], Coroutine[Any, Any, bool]]) -> None:
        while not self.stopping:
            with suppress(*GONE):
                if await visit():
                    return
            await asyncio.sleep(random.uniform(0.2, 1.2))

    # a page

    async def _visit(self, page: Page) -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(self.port))
        try:
            await self._shake_hands(reader, writer)
            writer.write(_masked(json.dumps({"join": page.topic}).encode()))
            if not page.reads:
                reader._transport.pause_reading()  # type: ignore[attr-defined]
                await asyncio.sleep(3600)
            while True:
                news = json.loads(await asyncio.wait_for(_frame(reader), 600))
                page.heard += 1
                if news.get("type") == "joined":
                    page.joined, page.joins = True, page.joins + 1
        finally:
            page.joined = False
            writer.close()

    async def _shake_hands(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = [
            "GET /live/ HTTP/1.1", f"Host: localhost:{self.port}", f"Origin: http://localhost:{self.port}",
            "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", f"Cookie: sessionid={self.cookie}",
        ]  # fmt: skip
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise OSError(head[:100])

    # a program

    async def _follow(self, followed: Followed) -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(self.port))
        try:
            last = followed.seqs[-1] if followed.seqs else 0
            path = f"/api/v1/executions/{followed.run}/stream"
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: localhost:{self.port}\r\nAuthorization: Bearer {self.key}\r\n"
                f"Last-Event-ID: {last}\r\n\r\n".encode()
            )
            while line := await asyncio.wait_for(reader.readline(), 60):
                if line.startswith(b"id: "):
                    followed.seqs.append(int(line[4:]))
                followed.ended = followed.ended or line.startswith(b"event: end")
                if followed.ended:
                    return True
        finally:
            writer.close()
        return False


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """The next text that the server sends. Raises OSError when it closes."""
    while True:
        kind, size = await reader.readexactly(2)
        if size == 126:
            [size] = struct.unpack("!H", await reader.readexactly(2))
        elif size == 127:
            [size] = struct.unpack("!Q", await reader.readexactly(8))
        content = await reader.readexactly(size)
        if kind & 0xF == CLOSE:
            raise OSError("closed")
        if kind & 0xF == TEXT:
            return content


def _masked(text: bytes) -> bytes:
    """A short text as a client must send it; a mask of zeros leaves it as it is."""
    size = (
        bytes([0x80 | len(text)]) if len(text) < 126 else bytes([0x80 | 126]) + struct.pack("!H", len(text))
    )
    return bytes([0x80 | TEXT]) + size + bytes(4) + text
