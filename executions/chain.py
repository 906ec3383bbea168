"""The hash chain of a run's log: each event's hash covers the event and the hash before it."""

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from executions.models import Event, Execution


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of checking a log. `broken_at` is the number of the first event that is not as it was written."""

    events: int
    broken_at: int | None = None
    sentence: str = "The log is as it was written."

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed, added or taken out."""
        return self.broken_at is None


def link(
    before: str, execution_id: uuid.UUID, seq: int, at: datetime, about: tuple[str, str], data: Any
) -> str:
    """Return the SHA-256, in hex, of an event that follows the one with the hash `before` ("" for the first).

    `about` is the event's type and path.
    """
    head = json.dumps([before, str(execution_id), seq, at.astimezone(UTC).isoformat(), *about])
    return hashlib.sha256(f"{head}\n{canonical(data)}".encode()).hexdigest()


def canonical(data: Any) -> str:
    """JSON text that is the same before the database has had the data and after."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    if "e+" in text or "-0.0" in text:
        text = json.dumps(_as_stored(data), sort_keys=True, separators=(",", ":"))
    return text


def verify(execution: Execution) -> Verification:
    """Compute the chain anew and compare it with the log and with the run's own last hash."""
    events = Event.objects.filter(execution_id=execution.id).order_by("seq").iterator(chunk_size=1000)
    return check(execution.id, events, seq=execution.seq, last_hash=execution.last_hash)


def check(execution_id: uuid.UUID, events: Iterable[Event], *, seq: int, last_hash: str) -> Verification:
    """Check events in order against a chain that should end at `seq` with `last_hash`."""
    before, number = "", 0
    for number, event in enumerate(events, start=1):
        if event.seq != number:
            return _broken(number, f"Event {number} is missing; the next one there is event {event.seq}.")
        expected = link(before, execution_id, event.seq, event.at, (event.type, event.path), event.data)
        if event.hash != expected:
            return _broken(number, f"Event {number} ({event.type}) was changed after it was written.")
        before = event.hash
    if (number, before) != (seq, last_hash):
        return _broken(number + 1, f"The run wrote {seq} events, but its log ends after event {number}.")
    return Verification(number)


def _broken(number: int, sentence: str) -> Verification:
    return Verification(number - 1, number, sentence)


def _as_stored(value: Any) -> Any:
    """What PostgreSQL makes of numbers: it writes large ones out, and knows no negative zero."""
    if isinstance(value, float):
        if value == 0:
            return 0.0
        return int(Decimal(repr(value))) if abs(value) >= 1e16 else value
    if isinstance(value, dict):
        return {key: _as_stored(one) for key, one in value.items()}
    return [_as_stored(one) for one in value] if isinstance(value, list | tuple) else value
