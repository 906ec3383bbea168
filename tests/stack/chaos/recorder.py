"""A small HTTP server that does what tools ask it to, once for each idempotency key, and writes everything down."""

import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ONCE = "/once"
"""Here each request is an effect, whatever its key: for tools that must not be repeated."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that was really done, for a run, at a time of this machine's clock."""

    run: str
    note: str
    key: str
    at: float


@dataclass
class Recorder:
    """Starts on a free port when entered, stops when left."""

    effects: list[Effect] = field(default_factory=list)
    repeats: int = 0
    """Requests whose key was known: answered from memory, nothing done."""
    _tries: Counter[str] = field(default_factory=Counter)
    _known: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> "Recorder":
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.recorder = self  # type: ignore[attr-defined]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where tools send what is to be done."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, path: str, key: str, asked: dict[str, Any]) -> int:
        """Do what is asked, unless it was done or is to fail; return the HTTP status."""
        with self._lock:
            self._tries[key] += 1
            if self._tries[key] <= asked.get("failures", 0):
                return 503
            if path != ONCE and key in self._known:
                self.repeats += 1
                return 200
            self._known.add(key)
            self.effects.append(Effect(asked["run"], asked["note"], key, time.time()))
            return 200


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that go away are what this is about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        recorder: Recorder = self.server.recorder  # type: ignore[attr-defined]
        status = recorder.take(self.path, self.headers["idempotency-key"], asked)
        time.sleep(random.uniform(0, 0.25))  # the effect is done, and nobody knows it yet
        body = json.dumps({"note": asked["note"]}).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
