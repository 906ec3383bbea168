"""The WebSocket of open pages: authorises, joins topics and forwards; it never sends content and never writes."""

import uuid
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.auth.models import AnonymousUser

from convergio.live import execution_topic, workspace_topic
from convergio.workspaces.models import Member, User
from executions.models import Execution

MOST_TOPICS = 40
NOT_SIGNED_IN = 4401


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """Takes {"join": topic} and {"leave": topic}; gives the news of those topics."""

    topics: set[str]

    async def connect(self) -> None:
        """Let signed-in people in; others learn it from the close code."""
        self.topics = set()
        await self.accept()
        if not self._user().is_authenticated:
            await self.close(NOT_SIGNED_IN)

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
        await self.send_json({"topic": topic, "type": "joined", "seq": seq})

    def _user(self) -> User | AnonymousUser:
        user: User | AnonymousUser = self.scope["user"]
        return user


def position(user: User | AnonymousUser, topic: str) -> int | None:
    """Return where a topic stands (0 for those that have no position), or None when the person may not see it."""
    kind, _, text = topic.partition(".")
    try:
        id = uuid.UUID(text)
    except ValueError:
        return None
    if not user.is_authenticated:
        return None
    if kind == "workspace" and topic == workspace_topic(id):
        return 0 if Member.objects.filter(user=user, workspace_id=id).exists() else None
    if kind == "execution" and topic == execution_topic(id):
        mine = Execution.objects.filter(pk=id, workspace__members__user=user)
        return mine.values_list("seq", flat=True).first()
    return None
