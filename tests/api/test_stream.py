"""A run as server-sent events, over real ASGI: complete, resumable, and over with the run."""

import asyncio
import json
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.utils import timezone

from convergio.asgi import application
from convergio.live import execution_topic, publish
from executions import stream
from executions.models import Event, Execution
from tests.api.callers import caller_of
from tests.executions.flows import published
from tests.people import Cast
from tests.workflows.examples import SMALL


class Stream:
    """An open connection to the stream of a run."""

    def __init__(self, path: str, **headers: str) -> None:
        raw = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
        self.communicator = ApplicationCommunicator(
            application,
            {
                "type": "http",
                "http_version": "1.1",
                "method": "GET",
                "path": path.split("?", maxsplit=1)[0],
                "query_string": path.partition("?")[2].encode(),
                "headers": [(b"host", b"testserver"), *raw],
            },
        )
        self.text = ""
        self.over = False

    async def open(self) -> dict[str, Any]:
        """Send the request; return the head of the answer."""
        await self.communicator.send_input({"type": "http.request"})
        head: dict[str, Any] = await self.communicator.receive_output(10)
        return head

    async def more(self, seconds: float = 10) -> None:
        """Read the next chunk."""
        part = await self.communicator.receive_output(seconds)
        self.text += part.get("body", b"").decode()
        self.over = not part.get("more_body", False)

    async def until(self, words: str) -> list[dict[str, str]]:
        """Read until some words came; return the messages so far."""
        async with asyncio.timeout(15):
            while words not in self.text and not self.over:
                await self.more()
        return self.messages

    async def to_the_end(self) -> list[dict[str, str]]:
        """Read everything."""
        async with asyncio.timeout(15):
            while not self.over:
                await self.more()
        await self.communicator.wait(5)
        return self.messages

    @property
    def messages(self) -> list[dict[str, str]]:
        """The complete messages that came, without comments."""
        blocks = [block for block in self.text.split("\n\n")[:-1] if not block.startswith((":", "retry"))]
        return [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]

    async def close(self) -> None:
        """Go away."""
        await self.communicator.send_input({"type": "http.disconnect"})
        await self.communicator.wait(5)


def numbers(messages: list[dict[str, str]]) -> list[int]:
    return [int(message["id"]) for message in messages if "id" in message]


def write(run: Execution, first: int, last: int) -> None:
    """Append events to a log, as the run's owner would."""
    rows = [
        Event(
            execution_id=run.pk,
            seq=seq,
            at=timezone.now(),
            type="step.started",
            path=f"s{seq}",
            data={},
            hash="-",
        )
        for seq in range(first, last + 1)
    ]
    Event.objects.bulk_create(rows)


def end(run: Execution) -> None:
    Execution.objects.filter(pk=run.pk).update(status="completed")


def make_run(cast: Cast, events: int, status: str = "running") -> Execution:
    workflow = published(cast, SMALL)
    run = Execution.objects.create(
        workspace=cast.workspace, workflow=workflow, version=workflow.published, number=1, status=status
    )
    write(run, 1, events)
    return run


async def opened(cast: Cast, run: Execution, query: str = "", **headers: str) -> Stream:
    caller = await sync_to_async(caller_of)(cast.eve, "read")
    path = f"/api/v1/executions/{run.pk}/stream{query}"
    connection = Stream(path, authorization=f"Bearer {caller.key}", **headers)
    head = await connection.open()
    assert head["status"] == 200, head
    assert dict(head["headers"])[b"Content-Type"] == b"text/event-stream"
    return connection


async def test_an_ended_run_is_told_whole_and_the_stream_ends(committed_cast: Cast) -> None:
    run = await sync_to_async(make_run)(committed_cast, 450, "completed")
    messages = await (await opened(committed_cast, run)).to_the_end()
    assert numbers(messages) == list(range(1, 451))
    assert (messages[-1]["event"], json.loads(messages[-1]["data"])) == ("end", {"status": "completed"})
    assert json.loads(messages[0]["data"])["path"] == "s1"


@pytest.mark.parametrize(
    ("query", "headers"),
    [("", {"last_event_id": "7"}), ("?after=7", {}), ("?after=2", {"last_event_id": "7"})],
)
async def test_who_comes_back_goes_on_exactly_where_they_were(
    committed_cast: Cast, query: str, headers: dict[str, str]
) -> None:
    run = await sync_to_async(make_run)(committed_cast, 10, "failed")
    messages = await (await opened(committed_cast, run, query, **headers)).to_the_end()
    assert numbers(messages) == [8, 9, 10]


async def test_new_events_come_at_the_poke_and_the_end_with_the_run(committed_cast: Cast) -> None:
    run = await sync_to_async(make_run)(committed_cast, 2)
    with patch.object(stream, "LOOK_S", 60):
        connection = await opened(committed_cast, run)
        await connection.until("id: 2\n")
        await asyncio.sleep(0.2)
        await sync_to_async(write)(run, 3, 4)
        await publish(execution_topic(run.pk), {"type": "poke", "seq": 4})
        assert numbers(await connection.until("id: 4\n")) == [1, 2, 3, 4]
        await sync_to_async(end)(run)
        await publish(execution_topic(run.pk), {"type": "poke", "seq": 4})
        assert (await connection.to_the_end())[-1]["event"] == "end"


async def test_text_of_a_model_is_passed_on_without_a_number(committed_cast: Cast) -> None:
    run = await sync_to_async(make_run)(committed_cast, 1)
    connection = await opened(committed_cast, run)
    await connection.until("id: 1\n")
    await asyncio.sleep(0.2)
    await publish(
        execution_topic(run.pk), {"type": "delta", "agent": "writer", "text": "Hel\nlo", "path": "a"}
    )
    [delta] = [one for one in await connection.until("event: delta") if one["event"] == "delta"]
    assert "id" not in delta
    assert json.loads(delta["data"])["text"] == "Hel\nlo"
    await connection.close()


async def test_without_redis_events_still_come(committed_cast: Cast, settings: Any) -> None:
    run = await sync_to_async(make_run)(committed_cast, 1)
    away = RedisPubSubChannelLayer(hosts=["redis://127.0.0.1:9/0"])
    with patch.object(stream, "LOOK_S", 0.2), patch.object(stream, "get_channel_layer", lambda: away):
        connection = await opened(committed_cast, run)
        await connection.until("id: 1\n")
        await sync_to_async(write)(run, 2, 2)
        await sync_to_async(end)(run)
        assert numbers(await connection.to_the_end()) == [1, 2]


async def test_silence_is_broken_by_a_comment(committed_cast: Cast) -> None:
    run = await sync_to_async(make_run)(committed_cast, 1)
    with patch.object(stream, "LOOK_S", 0.05), patch.object(stream, "HEARTBEAT_S", 0.1):
        connection = await opened(committed_cast, run)
        await connection.until(": still here")
        await connection.close()


async def test_twenty_watchers_see_the_same(committed_cast: Cast) -> None:
    run = await sync_to_async(make_run)(committed_cast, 30, "completed")
    connections = [await opened(committed_cast, run) for _ in range(20)]
    told = await asyncio.gather(*(connection.to_the_end() for connection in connections))
    assert all(numbers(messages) == list(range(1, 31)) for messages in told)


@pytest.mark.parametrize("number", ["-1", "x", "1.5", "9" * 30, "²"])
async def test_a_number_that_is_none_is_refused(committed_cast: Cast, number: str) -> None:
    run = await sync_to_async(make_run)(committed_cast, 1)
    caller = await sync_to_async(caller_of)(committed_cast.eve, "read")
    path = f"/api/v1/executions/{run.pk}/stream"
    connection = Stream(path, authorization=f"Bearer {caller.key}", last_event_id=number)
    head = await connection.open()
    assert head["status"] == 422
    await connection.to_the_end()
    assert json.loads(connection.text)["error"]["message"]


async def test_a_run_that_vanished_ends_the_stream(committed_cast: Cast) -> None:
    chunks = [part async for part in stream.follow(UUID(int=0), 0)]
    assert b"event: end" in chunks[-1]
