"""The WebSocket of open pages lets in who belongs there, and forwards news."""

import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from convergio.live import execution_topic, publish, workspace_topic
from executions.consumers import LiveConsumer, position
from executions.models import Execution
from tests.executions.flows import agent, chain, published
from tests.people import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(cast: Cast) -> Execution:
    workflow = published(cast, chain(agent("write")))
    facts = {"workspace": cast.workspace, "workflow": workflow, "version": workflow.published, "number": 1}
    return Execution.objects.create(**facts, seq=7)


async def opened(user: Any) -> WebsocketCommunicator:
    socket = WebsocketCommunicator(LiveConsumer.as_asgi(), "/live/")
    socket.scope["user"] = user
    assert (await socket.connect())[0]
    return socket


async def test_news_of_a_joined_run_is_forwarded(cast: Cast, run: Execution) -> None:
    socket = await opened(cast.eve.user)
    topic = execution_topic(run.id)
    await socket.send_json_to({"join": topic})
    assert await socket.receive_json_from() == {"topic": topic, "type": "joined", "seq": 7}
    await publish(topic, {"type": "delta", "path": "write", "round": 0, "text": "Hello"})
    assert (await socket.receive_json_from())["text"] == "Hello"
    await socket.disconnect()


async def test_a_topic_that_was_left_is_silent(cast: Cast, run: Execution) -> None:
    socket = await opened(cast.eve.user)
    topic = execution_topic(run.id)
    await socket.send_json_to({"join": topic})
    await socket.receive_json_from()
    await socket.send_json_to({"leave": topic})
    assert await socket.receive_nothing(0.2)
    await publish(topic, {"type": "poke", "seq": 8})
    assert await socket.receive_nothing(0.2)
    await socket.disconnect()


async def test_a_stranger_joins_nothing_of_ours(cast: Cast, run: Execution) -> None:
    socket = await opened(cast.finn.user)
    for topic in (execution_topic(run.id), workspace_topic(cast.workspace.id), f"execution.{uuid.uuid4()}"):
        await socket.send_json_to({"join": topic})
        assert (await socket.receive_json_from())["type"] == "refused"
    await publish(execution_topic(run.id), {"type": "poke", "seq": 8})
    assert await socket.receive_nothing(0.2)
    await socket.disconnect()


async def test_who_is_not_signed_in_is_sent_away() -> None:
    socket = await opened(AnonymousUser())
    assert await socket.receive_output() == {"type": "websocket.close", "code": 4401}


@pytest.mark.parametrize(
    "text", ["nonsense", "[1]", '{"join": 5}', '{"join": "x"}', '{"join": "execution.x"}', "[" * 9999]
)
async def test_nonsense_breaks_nothing(cast: Cast, run: Execution, text: str) -> None:
    socket = await opened(cast.eve.user)
    await socket.send_to(text_data=text)
    topic = workspace_topic(cast.workspace.id)
    await socket.send_json_to({"join": topic})
    answer = await socket.receive_json_from()
    while answer["type"] == "refused":
        answer = await socket.receive_json_from()
    assert answer == {"topic": topic, "type": "joined", "seq": 0}
    await socket.disconnect()


async def test_one_page_joins_only_so_many_topics(cast: Cast, run: Execution) -> None:
    assert await sync_to_async(position)(cast.eve.user, execution_topic(run.id)) == 7
    assert await sync_to_async(position)(AnonymousUser(), execution_topic(run.id)) is None
    assert get_channel_layer() is not None
