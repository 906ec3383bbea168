"""The WebSocket of open pages: authorises, joins topics and forwards; it never sends content and never writes.

What was allowed at first is looked at again and again while the socket is open: it ends with the session, and with the
membership in a workspace whose news it gives.
"""

import asyncio
import uuid
from collections.abc import Collection
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError

from convergio.live import announce_viewer, execution_topic, person_topic, workspace_topic
from convergio.workspaces import presence
from convergio.workspaces.models import User
from executions.models import Execution

MOST_TOPICS = 40
NOT_SIGNED_IN = 4401
NO_LONGER_WELCOME = 4403


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """Takes {"join": topic} and {"leave": topic}; gives the news of those topics."""

    topics: set[str]
    looking: "asyncio.Task[None] | None" = None

    async def connect(self) -> None:
        """Let signed-in people in; others learn it from the close code."""
        self.topics = set()
        await self.accept()
        if not self._user().is_authenticated:
            await self.close(NOT_SIGNED_IN)
            return
        self.looking = asyncio.create_task(self._look())

    async def receive_json(self, content: Any, **_: Any) -> None:
        """Join or leave a topic; anything else is ignored."""
        if not isinstance(content, dict):
            return
        topic, leaving = content.get("join"), content.get("leave")
        if isinstance(leaving, str) and leaving in self.topics:
            self.topics.discard(leaving)
            await self.channel_layer.group_discard(leaving, self.channel_name)
        elif isinstance(topic, str) and len(self.topics) < MOST_TOPICS:
            await self._join(topic)

    async def news(self, event: dict[str, Any]) -> None:
        """Forward a message of a topic."""
        await self.send_json(event["message"])

    async def disconnect(self, code: int) -> None:
        """Leave all topics."""
        if self.looking is not None:
            self.looking.cancel()
        for topic in self.topics:
            await self.channel_layer.group_discard(topic, self.channel_name)

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        """Read a message; what is no JSON is nothing."""
        try:
            return await super().decode_json(text_data)
        except (ValueError, RecursionError):
            return None

    async def _join(self, topic: str) -> None:
        seq = await database_sync_to_async(position)(self._user(), topic)
        if seq is None:
            await self.send_json({"topic": topic, "type": "refused"})
            return
        self.topics.add(topic)
        await self.channel_layer.group_add(topic, self.channel_name)
        await announce_viewer(topic)
        await self.send_json({"topic": topic, "type": "joined", "seq": seq})

    async def _look(self) -> None:
        """Close the socket once its person is no longer welcome."""
        code = None
        while code is None:
            await asyncio.sleep(presence.LOOK_S)
            code = await self._code()
        await self.close(code)

    async def _code(self) -> int | None:
        session = self.scope.get("session")
        key = session.session_key if session is not None else None
        try:
            code: int | None = await database_sync_to_async(reason_to_close)(
                self._user(), key, tuple(self.topics)
            )
        except (OperationalError, InterfaceError):
            return None  # the next look will tell
        return code

    def _user(self) -> User | AnonymousUser:
        user: User | AnonymousUser = self.scope["user"]
        return user


def reason_to_close(
    user: User | AnonymousUser, session_key: str | None, topics: Collection[str]
) -> int | None:
    """Return the code with which a socket is to be closed; None while all is as it was when it was opened."""
    if presence.signed_in(session_key) != user:
        return NOT_SIGNED_IN
    return NO_LONGER_WELCOME if any(position(user, topic) is None for topic in topics) else None


def position(user: User | AnonymousUser, topic: str) -> int | None:
    """Return where a topic stands (0 for those that have no position), or None when the person may not see it."""
    if not isinstance(user, User):
        return None
    if topic == person_topic(user.pk):
        return 0
    kind, _, text = topic.partition(".")
    try:
        id = uuid.UUID(text)
    except ValueError:
        return None
    if kind == "workspace" and topic == workspace_topic(id):
        return 0 if presence.is_member(user, id) else None
    if kind == "execution" and topic == execution_topic(id):
        mine = Execution.objects.filter(pk=id, workspace__members__user=user)
        return mine.values_list("seq", flat=True).first()
    return None
