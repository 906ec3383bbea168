"""News for open pages: pokes ("topic T moved to seq N, fetch what changed") and deltas of model text.

A message is lost when Redis is; whoever listens fetches again from PostgreSQL, so nothing but a moment is lost.
"""

import asyncio
import logging
import threading
import uuid
from functools import cache
from typing import Any

from channels.layers import get_channel_layer
from django.db import transaction

log = logging.getLogger(__name__)


def execution_topic(execution_id: uuid.UUID | str) -> str:
    """Everything about one run."""
    return f"execution.{execution_id}"


def workspace_topic(workspace_id: uuid.UUID | str) -> str:
    """Lists of a workspace: runs, approvals, workflows."""
    return f"workspace.{workspace_id}"


def person_topic(user_id: int) -> str:
    """What is meant for one person: their news."""
    return f"person.{user_id}"


VIEWERS = "viewers"
"""Where workers hear that somebody begins to look at a topic."""


async def announce_viewer(topic: str) -> None:
    """Tell whoever makes a topic's news that somebody has joined it. Never raises."""
    await publish(VIEWERS, {"looks_at": topic})


def channel_behind(topic: str) -> str:
    """Return the Redis channel of a topic, as the channel layer names it."""
    return f"{get_channel_layer().prefix}__group__{topic}"


async def publish(topic: str, message: dict[str, Any]) -> None:
    """Send to whoever has the topic open. Never raises: news is no reason to fail."""
    layer = get_channel_layer()
    try:
        await layer.group_send(topic, {"type": "news", "message": {"topic": topic, **message}})
    except Exception as error:
        log.warning("news for %s not sent: %s", topic, error)


def publish_on_commit(topic: str, message: dict[str, Any]) -> None:
    """Send once the surrounding transaction has committed (at once when there is none), without waiting for it."""
    transaction.on_commit(lambda: asyncio.run_coroutine_threadsafe(publish(topic, message), _loop()))


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """A loop for news from ordinary threads; one made for each message would cost 7 ms and a new connection."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="news", daemon=True).start()
    return loop
