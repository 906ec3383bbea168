"""What people and programs do meanwhile: start runs, decide, and look, all through the API of the real web process."""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import Error as DatabaseError
from django.db import connections

from tests.stack.chaos.evidence import Start
from tests.stack.chaos.shapes import RACE

PATIENCE_S = 120.0
AWAY = (OSError, http.client.HTTPException)


class Client:
    """A program with an API key. It tries again while the web process is away."""

    def __init__(self, port: str, key: str) -> None:
        self.port, self.key = port, key

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Return status and body of an answer."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                status, found = self.once(method, path, body, **headers)
                if status < 500:
                    return status, found
            except AWAY:
                pass
            if time.monotonic() > end:
                raise TimeoutError(f"{method} {path} was not answered in {PATIENCE_S} s")
            time.sleep(0.2)

    def once(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Ask once. Raises what a connection raises that breaks."""
        connection = http.client.HTTPConnection("127.0.0.1", int(self.port), timeout=30)
        try:
            given = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
            given |= {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(
                method, f"/api/v1{path}", json.dumps(body) if body is not None else None, given
            )
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text.startswith((b"{", b"[")) else None


@dataclass
class Driver:
    """Starts runs and answers questions in threads of its own, until it is told to stop."""

    builder: Client
    approver: Client
    seed: int
    starts: list[Start] = field(default_factory=list)
    planned: list[tuple[str, int]] = field(default_factory=list)
    """Shape and number of the runs that are still to be started, the next one last."""
    most_open: int = 100
    stopping: threading.Event = field(default_factory=threading.Event)
    open: int = 0
    troubles: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        """Begin to start, to count and to answer."""
        for work in (self._count, self._answer, self._start_next, self._start_next):
            thread = threading.Thread(target=self._again_and_again, args=(work,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Leave everything."""
        self.stopping.set()
        for thread in self._threads:
            thread.join(10)

    def start(self, shape: str, number: int, kind: str = "run") -> Start:
        """Have a run started, and be told its id, however often that takes."""
        with self._lock:
            made = Start(key=f"{self.seed}-{kind}-{len(self.starts)}", shape=shape, number=number)
            self.starts.append(made)
        body = {"workflow": shape, "inputs": {"key": made.key, "n": number}}
        status, answer = self.builder.send("POST", "/executions", body, Idempotency_Key=made.key)
        if status == 201:
            made.told.add(answer["id"])
        else:
            self.troubles.append(f"the start of {made.key} was answered {status}: {answer}")
        return made

    @property
    def is_done(self) -> bool:
        """Whether everything planned was started and has ended."""
        return not self.planned and all(one.told for one in self.starts) and not self._count_open()

    def _again_and_again(self, work: Callable[[random.Random], float]) -> None:
        rng = random.Random(f"{self.seed}{work.__name__}")
        while not self.stopping.is_set():
            try:
                pause = work(rng)
            except DatabaseError:
                pause = 0.3
            except Exception as error:
                self.troubles.append(f"{work.__name__}: {error!r}")
                pause = 1.0
            finally:
                connections.close_all()
            self.stopping.wait(pause)

    def _start_next(self, rng: random.Random) -> float:
        if not self.planned or self.open >= self.most_open:
            return 0.1
        shape, number = self.planned.pop()
        self.open += 1
        self.start(shape, number)
        return rng.uniform(0, 0.05)

    def _count(self, rng: random.Random) -> float:
        with suppress(DatabaseError):
            self.open = self._count_open()
        return 0.4

    def _count_open(self) -> int:
        from executions.models import Execution

        ended = ("completed", "failed", "cancelled", "timed_out")
        return Execution.objects.exclude(status__in=ended).count()

    def _answer(self, rng: random.Random) -> float:
        from approvals.models import ApprovalRequest

        rows = ApprovalRequest.objects.filter(status="pending").exclude(title=RACE)
        rows = rows.values_list("id", flat=True)
        for id in list(rows[:20]):
            self.approver.send("POST", f"/approvals/{id}/decisions", {"answer": "approve"})
        return 0.2
