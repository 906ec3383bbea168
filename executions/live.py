"""What open pages hear of the runs in this process: pokes after commits, and text as it is written.

Nothing is published for a run that nobody looks at. Who looks is what Redis says about the run's channel, asked when
the run begins and once a second; until it has answered the run counts as watched. Who begins to look says so and is
poked, so that nothing is missed. The page of a run that somebody has just started is on its way: words are sent to it
already.
"""

import asyncio
import logging
import uuid
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import redis.asyncio
from channels.layers import get_channel_layer

from convergio.live import channel_behind, execution_topic, publish, workspace_topic

log = logging.getLogger(__name__)

GATHER_S = 0.05
"""Seconds for which text of a model is gathered before it is sent."""
ANSWER_S = 0.5
"""How long Redis may take to accept a message."""
MUTE_S = 5.0
OPENING_S = 10.0
"""How long the page of a run that somebody has just started may take to open."""
LISTS_S = 0.2
"""Seconds between two pokes to the lists of one workspace."""


class News:
    """One per worker; used within its loop only."""

    def __init__(self, client: "redis.asyncio.Redis") -> None:
        self.client = client
        self.asked: set[uuid.UUID] = set()
        self.watched: set[uuid.UUID] = set()
        self.wondering: set[uuid.UUID] = set()
        self.opening: dict[uuid.UUID, float] = {}
        self.positions: dict[uuid.UUID, int] = {}
        self.moved: dict[uuid.UUID, int] = {}
        self.lists: set[uuid.UUID] = set()
        self.sending: asyncio.Task[None] | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.mute_until = 0.0

    def is_watched(self, execution_id: uuid.UUID) -> bool:
        """Whether somebody has the run open; yes when we do not know."""
        return execution_id in self.watched or execution_id not in self.asked

    def may_be_read(self, execution_id: uuid.UUID) -> bool:
        """Whether text is worth streaming: somebody looks, or is about to."""
        opens_until = self.opening.get(execution_id, 0.0)
        return self.is_watched(execution_id) or asyncio.get_running_loop().time() < opens_until

    def moved_to(self, execution_id: uuid.UUID, seq: int, *, always: bool = False) -> None:
        """A run was written. Several writes in a moment are one poke.

        `always` is for beginnings, waits and ends: somebody may have begun to look since we asked last.
        """
        self.positions[execution_id] = seq
        if always or self.is_watched(execution_id):
            self.moved[execution_id] = seq
            if self.sending is None or self.sending.done():
                self.sending = asyncio.create_task(self._send())

    def list_changed(self, workspace_id: uuid.UUID) -> None:
        """A run began, waits or ended: lists of its workspace show something else."""
        if workspace_id not in self.lists:
            self.lists.add(workspace_id)
            self._spawn(self._poke_list(workspace_id))

    def forget(self, execution_id: uuid.UUID) -> None:
        """The run is no longer ours."""
        self.positions.pop(execution_id, None)
        self.asked.discard(execution_id)
        self.watched.discard(execution_id)
        self.opening.pop(execution_id, None)

    def wonder(self, execution_id: uuid.UUID, *, opens: bool) -> None:
        """A run begins here: ask soon who looks at it; runs that begin together are asked about together.

        `opens` tells that somebody started it in the browser, whose page of the run is on its way.
        """
        if opens:
            self.opening[execution_id] = asyncio.get_running_loop().time() + OPENING_S
        if not self.wondering:
            self._spawn(self._ask())
        self.wondering.add(execution_id)

    def seen(self, said: bytes) -> None:
        """Somebody began to look at a topic, which may be a run of ours."""
        topic = get_channel_layer().deserialize(said)["message"]["looks_at"]
        found = (one for one in self.positions if execution_topic(one) == topic)
        if (execution_id := next(found, None)) is not None:
            self.asked.add(execution_id)
            self.watched.add(execution_id)
            self.moved_to(execution_id, self.positions[execution_id])

    async def _ask(self) -> None:
        await asyncio.sleep(0)
        ids, self.wondering = list(self.wondering), set()
        with suppress(redis.RedisError):
            self.watched |= await self._watched(ids)
            self.asked.update(ids)

    async def _watched(self, ids: list[uuid.UUID]) -> set[uuid.UUID]:
        counts = await self.client.pubsub_numsub(*(_channel(one) for one in ids))
        return {one for one, (_, count) in zip(ids, counts, strict=True) if count}

    async def look(self, execution_ids: Iterable[uuid.UUID]) -> None:
        """Ask Redis who looks at which run."""
        ids = list(execution_ids)
        if not ids:
            return
        watched = await self._watched(ids)
        newly = {one for one in watched - self.watched if one in self.asked}
        self.asked, self.watched = set(ids), watched
        for one in newly:
            if one in self.positions:
                self.moved_to(one, self.positions[one])

    async def tell(self, topic: str, message: dict[str, Any]) -> None:
        """Send news, but never wait long: while Redis does not answer, nothing is sent for a while."""
        now = asyncio.get_running_loop().time()
        if now < self.mute_until:
            return
        try:
            async with asyncio.timeout(ANSWER_S):
                await publish(topic, message)
        except TimeoutError:
            self.mute_until = now + MUTE_S

    async def _send(self) -> None:
        await asyncio.sleep(0)
        while self.moved:
            execution_id, seq = self.moved.popitem()
            await self.tell(execution_topic(execution_id), {"type": "poke", "seq": seq})

    async def _poke_list(self, workspace_id: uuid.UUID) -> None:
        await asyncio.sleep(LISTS_S)
        self.lists.discard(workspace_id)
        await self.tell(workspace_topic(workspace_id), {"type": "poke", "seq": 0, "about": "executions"})

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


class Teller:
    """Live news of one step run; gathers text so that a message is sent every GATHER_S at most."""

    def __init__(self, news: News, execution_id: uuid.UUID, path: str, round: int) -> None:
        self.news = news
        self.execution_id = execution_id
        self.where = {"path": path, "round": round}
        self.text: dict[str, list[str]] = {}
        self.flushing: asyncio.Task[None] | None = None

    def may_be_read(self) -> bool:
        """Whether to stream."""
        return self.news.may_be_read(self.execution_id)

    async def emit(self, payload: dict[str, Any]) -> None:
        """Send a payload as `agents.runtime.contract.Emit` describes it.

        A page that is still opening gets words only; what else was done it reads when it has opened.
        """
        is_text = payload.get("type") == "delta"
        if not (self.may_be_read() if is_text else self.news.is_watched(self.execution_id)):
            return
        if is_text:
            self.text.setdefault(payload.get("agent", ""), []).append(payload.get("text", ""))
            if self.flushing is None or self.flushing.done():
                self.flushing = asyncio.create_task(self._flush_soon())
            return
        await self.flush()
        await self._publish(payload)

    async def flush(self) -> None:
        """Send the text gathered so far."""
        while self.text:
            agent, pieces = self.text.popitem()
            await self._publish({"type": "delta", "agent": agent, "text": "".join(pieces)})

    async def _flush_soon(self) -> None:
        await asyncio.sleep(GATHER_S)
        await self.flush()

    async def _publish(self, payload: dict[str, Any]) -> None:
        await self.news.tell(execution_topic(self.execution_id), {**payload, **self.where})


def _channel(execution_id: uuid.UUID) -> str:
    return channel_behind(execution_topic(execution_id))
