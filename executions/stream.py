"""A run as server-sent events: every event of its log once and in order, text as it is written, until it ends.

The log is the truth: after each poke (or after a moment without one) we read what came after the last number we sent.
So nothing is lost when Redis is, and a client that comes back with Last-Event-ID goes on exactly where it was. Text of
a model (`delta`) has no number; it is gone when nobody listens, and stands whole in the events and calls.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

from channels.layers import get_channel_layer

from convergio.live import announce_viewer, execution_topic
from convergio.threads import in_database
from convergio.workspaces import presence
from executions.models import Event, Execution
from executions.operations import ENDED

LOOK_S = 2.0
"""Seconds after which the log is read even when nobody poked."""
HEARTBEAT_S = 15.0
"""Seconds of silence after which a comment is sent, so that proxies keep the connection."""
BATCH = 200
RETRY_MS = 2000


async def follow(
    execution_id: uuid.UUID, after: int, is_welcome: Callable[[], bool] = lambda: True
) -> AsyncIterator[bytes]:
    """Yield the stream of a run from the event after `after`; it ends with the run, or when nobody is welcome."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    quiet_since = looked_at = asyncio.get_running_loop().time()
    async with Listener(execution_topic(execution_id)) as listener:
        while True:
            if asyncio.get_running_loop().time() - looked_at >= presence.LOOK_S:
                looked_at = asyncio.get_running_loop().time()
                if not await in_database(is_welcome):
                    return
            status, events = await in_database(_read, execution_id, after)
            for event in events:
                after = event.seq
                yield event_chunk(event)
            if not events and (status is None or status in ENDED):
                yield chunk("end", {"status": status})
                return
            if len(events) == BATCH:
                continue
            for message in await listener.heard(0 if events else LOOK_S):
                yield chunk(message["type"], {key: value for key, value in message.items() if key != "topic"})
                quiet_since = asyncio.get_running_loop().time()
            if events:
                quiet_since = asyncio.get_running_loop().time()
            elif asyncio.get_running_loop().time() - quiet_since >= HEARTBEAT_S:
                yield b": still here\n\n"
                quiet_since = asyncio.get_running_loop().time()


def event_chunk(event: Event) -> bytes:
    """Return an event of the log, with its number as id."""
    return chunk(event.type, as_json(event), number=event.seq)


def chunk(kind: str, data: Any, number: int | None = None) -> bytes:
    """Return one message of a stream."""
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data, default=_plain)}\n\n".encode()


def as_json(event: Event) -> dict[str, Any]:
    """Return an event as programs get it, here and from the list of events."""
    return {
        "seq": event.seq,
        "at": event.at.isoformat(),
        "type": event.type,
        "path": event.path,
        "data": event.data,
        "hash": event.hash,
    }


class Listener:
    """Hears the news of a topic; deaf (but patient) while Redis is away."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.layer: Any = get_channel_layer()
        self.channel = ""

    async def __aenter__(self) -> "Listener":
        """Begin to listen."""
        await self._join()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening."""
        if self.channel:
            try:
                await self.layer.group_discard(self.topic, self.channel)
            except Exception:
                self.channel = ""

    async def heard(self, wait_s: float) -> list[dict[str, Any]]:
        """Wait for news at most so long; return what is to be passed on, which a poke is not."""
        if not self.channel:
            await asyncio.sleep(wait_s)
            await self._join()
            return []
        first = await self._receive(wait_s)
        messages = [] if first is None else [first]
        while messages and (more := await self._receive(0.01)) is not None:
            messages.append(more)
        return [message for message in messages if message.get("type") != "poke"]

    async def _join(self) -> None:
        try:
            channel = await self.layer.new_channel()
            await self.layer.group_add(self.topic, channel)
            self.channel = channel
            await announce_viewer(self.topic)
        except Exception:
            self.channel = ""

    async def _receive(self, wait_s: float) -> dict[str, Any] | None:
        try:
            async with asyncio.timeout(max(wait_s, 0.01)):
                news = await self.layer.receive(self.channel)
        except TimeoutError:
            return None
        except Exception:
            self.channel = ""
            return None
        message: dict[str, Any] = news["message"]
        return message


def _read(execution_id: uuid.UUID, after: int) -> tuple[str | None, list[Event]]:
    """Return status, then events: read in this order, an ended run has no event that we miss."""
    status = Execution.objects.filter(pk=execution_id).values_list("status", flat=True).first()
    events = Event.objects.filter(execution_id=execution_id, seq__gt=after).order_by("seq")
    return status, list(events[:BATCH])


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
