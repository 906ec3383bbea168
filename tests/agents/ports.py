"""In-memory twins of what a run lends to a step."""

import asyncio
import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.runtime.contract import PersonsAnswer, Recorded, StepContext, Ticket
from convergio.errors import NotFound


@dataclass
class Entry:
    """One call on record."""

    kind: str
    actor: str
    name: str
    request: dict[str, Any]
    key: str
    status: str = "started"
    recorded: Recorded | None = None
    error: str = ""


@dataclass
class MemoryJournal:
    """Keeps calls in a dict; `again()` is what a step sees that runs once more."""

    entries: dict[tuple[Any, ...], Entry] = field(default_factory=dict)
    forgotten: int = 0
    _seen: Counter[tuple[Any, ...]] = field(default_factory=Counter)

    def again(self) -> "MemoryJournal":
        """The same record, for a new try of the step."""
        return MemoryJournal(self.entries, self.forgotten)

    async def begin(
        self, kind: str, actor: str, name: str, request: dict[str, Any], *, repeatable: bool = False
    ) -> Recorded | Ticket:
        digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
        like = (kind, actor, digest)
        self._seen[like] += 1
        known = (*like, self._seen[like])
        entry = self.entries.get(known)
        started_before = entry is not None and entry.status == "started"
        if entry is None:
            key = f"{digest[:8]}-{self._seen[like]}"
            entry = self.entries[known] = Entry(kind, actor, name, request, key)
        if entry.recorded:
            return entry.recorded
        entry.status = "started"
        ticket = Ticket(uuid.uuid4(), entry.key, started_before)
        self._tickets[ticket.id] = entry
        return ticket

    async def finish(self, ticket: Ticket, response: Any, **facts: Any) -> None:
        entry = self._tickets[ticket.id]
        entry.status = "finished"
        defaults: dict[str, Any] = {"served_by": "", "prompt_tokens": 0, "completion_tokens": 0, "cost": 0.0}
        entry.recorded = Recorded(json.loads(json.dumps(response)), **(defaults | facts))

    async def fail(self, ticket: Ticket, error: str) -> None:
        entry = self._tickets[ticket.id]
        entry.status, entry.error = "failed", error

    async def forget_models(self) -> None:
        self.forgotten += 1
        for known in [known for known, entry in self.entries.items() if entry.kind == "model"]:
            del self.entries[known]

    def of(self, kind: str) -> list[Entry]:
        """The entries of a kind, oldest first."""
        return [entry for entry in self.entries.values() if entry.kind == kind]

    def __post_init__(self) -> None:
        self._tickets: dict[uuid.UUID, Entry] = {}


@dataclass
class MemoryFiles:
    """Keeps files in a dict."""

    stored: dict[str, bytes] = field(default_factory=dict)

    async def read(self, file: str) -> bytes:
        if file not in self.stored:
            raise NotFound(f"There is no file “{file}” in this run.")
        return self.stored[file]

    async def write(self, name: str, content: bytes, content_type: str) -> dict[str, Any]:
        self.stored[name] = content
        return {"file": name, "name": name, "size": len(content), "content_type": content_type}

    async def list(self) -> list[dict[str, Any]]:
        return [{"file": name, "name": name, "size": len(content)} for name, content in self.stored.items()]


@dataclass
class Ports:
    """Everything a step is lent, and what it did with it."""

    workspace_id: uuid.UUID
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    news: list[dict[str, Any]] = field(default_factory=list)
    watched: bool = False
    started: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    execution_id: str = "run-1"
    answers: dict[str, PersonsAnswer] = field(default_factory=dict)

    def context(self) -> StepContext:
        return StepContext(
            workspace_id=self.workspace_id,
            execution_id=self.execution_id,
            path="draft",
            journal=self.journal,
            files=self.files,
            emit=self._emit,
            watched=lambda: self.watched,
            start_workflow=self._start,
            title="Draft",
            answers=self.answers,
        )

    def again(self) -> StepContext:
        """The context of a new try of the same step."""
        self.journal = self.journal.again()
        return self.context()

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The live news of a kind."""
        return [news for news in self.news if news["type"] == kind]

    async def _emit(self, news: dict[str, Any]) -> None:
        self.news.append(news)

    async def _start(self, slug: str, inputs: Mapping[str, Any], key: str) -> str:
        self.started.append((slug, dict(inputs), key))
        return f"run-of-{slug}"


async def until(ready: Callable[[], bool], seconds: float = 5) -> None:
    """Wait until something is so; fail when it does not come about."""
    async with asyncio.timeout(seconds):
        while not ready():  # noqa: ASYNC110 - what is waited for happens in other threads
            await asyncio.sleep(0.02)
