"""The hash chain of a run's log: each event's hash covers the event and the hash before it."""

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from convergio.json_text import writer
from executions.engine.apply import RUN_CHANGES
from executions.engine.codec import usage_from_json
from executions.engine.state import RunState
from executions.models import Event, Execution

AT_ONCE = 1000
"""Events that are in memory at the same time."""
CENTS = 1e-4
"""US dollars by which the cost of a row may differ from the sum of its events, which are rounded one by one."""
COUNTED = ("requests", "prompt_tokens", "completion_tokens", "tool_calls")
_CHANGES = {str(kind): change for kind, change in RUN_CHANGES.items()}


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of checking a log. `broken_at` is the number of the first event that is not as it was written.

    `type` is that event's, as far as it is known: of a missing one it is empty. When only the run's own row is not as
    its log tells, `broken_at` is the last event.
    """

    events: int
    broken_at: int | None = None
    sentence: str = "The log is as it was written."
    type: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed, added or taken out."""
        return self.broken_at is None


_encode = writer(sort_keys=True)
_head = writer(spaced=True)


def link(
    before: str, execution_id: uuid.UUID, seq: int, at: datetime, about: tuple[str, str], data: Any
) -> str:
    """Return the SHA-256, in hex, of an event that follows the one with the hash `before` ("" for the first).

    `about` is the event's type and path.
    """
    written = at if at.tzinfo is UTC else at.astimezone(UTC)
    head = _head([before, str(execution_id), seq, written.isoformat(), *about])
    return hashlib.sha256(f"{head}\n{canonical(data)}".encode()).hexdigest()


def canonical(data: Any) -> str:
    """JSON text that is the same before the database has had the data and after."""
    text = _encode(data)
    if "e+" in text or "-0.0" in text:
        text = _encode(_as_stored(data))
    return text


def verify(execution: Execution) -> Verification:
    """Compute the chain anew and compare it with the log, and what the log tells with the run's own row.

    A run may move meanwhile: what it wrote after we began counts as its own only if its row has moved as well.
    """
    row = Execution.objects.get(pk=execution.pk)
    events = Event.objects.filter(execution_id=row.pk).order_by("seq")
    reader = Reader(row)
    found = reader.read(events.iterator(chunk_size=AT_ONCE) if row.seq > AT_ONCE else events)
    if found.is_whole and found.events > row.seq:
        written = Execution.objects.values_list("seq", flat=True).get(pk=row.pk)
        if found.events > written:
            return _broken(written + 1, f"Event {written + 1} was added; the run wrote only {written}.")
    return found


@dataclass
class Reader:
    """Reads one log, and learns from it what the run's row should say at the row's own position."""

    row: Execution
    told: RunState = field(default_factory=RunState)
    last_hash: str = ""

    def read(self, events: Iterable[Event]) -> Verification:
        number, last = 0, ""
        sentence = "" if self.row.seq else self._difference()
        for number, event in enumerate(events, start=1):
            if fault := self._fault(number, event):
                return _broken(number, fault, event.type if event.seq == number else "")
            self._learn(event)
            if number == self.row.seq:
                sentence, last = self._difference(), event.type
        if number < self.row.seq:
            end = f"The run wrote {self.row.seq} events, but its log ends after event {number}."
            return _broken(number + 1, end)
        return _broken(self.row.seq, sentence, last) if sentence else Verification(number)

    def _fault(self, number: int, event: Event) -> str:
        if event.seq != number:
            return f"Event {number} is missing; the next one there is event {event.seq}."
        about = (event.type, event.path)
        if event.hash != link(self.last_hash, self.row.pk, number, event.at, about, event.data):
            return f"Event {number} ({event.type}) was changed after it was written."
        return ""

    def _learn(self, event: Event) -> None:
        self.last_hash = event.hash
        if "usage" in event.data:
            self.told.usage.add(usage_from_json(event.data["usage"]))
        if change := _CHANGES.get(event.type):
            change(self.told, event.data, event.at)

    def _difference(self) -> str:
        """How the row differs from what its log told so far, as a sentence; empty when it does not."""
        if self.last_hash != self.row.last_hash:
            return f"The run's row holds another last hash than event {self.row.seq}."
        wrong = [name for name, has, should in self._pairs() if has != should]
        if abs(float(self.row.cost) - self.told.usage.cost) > CENTS:
            wrong.append("cost")
        return f"The run's row is not as its log tells, in {', '.join(wrong)}." if wrong else ""

    def _pairs(self) -> Iterator[tuple[str, Any, Any]]:
        row, told = self.row, self.told
        yield "status", row.status, str(told.status)
        for name in ("inputs", "outputs", "error") if told.started_at else ():
            yield name, getattr(row, name), getattr(told, name)
        for name in COUNTED:
            yield name, getattr(row, name), getattr(told.usage, name)


def _broken(number: int, sentence: str, type: str = "") -> Verification:
    return Verification(max(number - 1, 0), number, sentence, type)


def _as_stored(value: Any) -> Any:
    """What PostgreSQL makes of numbers: it writes large ones out, and knows no negative zero."""
    if isinstance(value, float):
        if value == 0:
            return 0.0
        return int(Decimal(repr(value))) if abs(value) >= 1e16 else value
    if isinstance(value, dict):
        return {key: _as_stored(one) for key, one in value.items()}
    return [_as_stored(one) for one in value] if isinstance(value, list | tuple) else value
