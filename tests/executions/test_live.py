"""What open pages hear."""

import asyncio
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import connections

from convergio.live import execution_topic, workspace_topic
from executions import live
from executions.models import Execution
from executions.worker import Worker
from tests.executions.flows import agent, ended, published, until
from tests.executions.flows import chain as flow
from tests.people import Cast
from workflows.models import WorkflowVersion


class Ear:
    """Hears a topic from a loop of its own."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.heard: list[dict[str, Any]] = []

    async def listen(self, ready: asyncio.Event, seconds: float) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(self.topic, channel)
        ready.set()
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self.heard.append((await layer.receive(channel))["message"])
        except TimeoutError:
            await layer.group_discard(self.topic, channel)


def hear(topic: str, action: Any, seconds: float = 2.0) -> list[dict[str, Any]]:
    """Do something while listening to a topic; return what was heard."""
    ear = Ear(topic)

    async def go() -> None:
        ready = asyncio.Event()
        listening = asyncio.create_task(ear.listen(ready, seconds))
        await ready.wait()
        await asyncio.to_thread(action)
        await listening

    asyncio.run(go())
    return ear.heard


@pytest.fixture
def execution(worker: Worker, cast: Cast) -> Execution:
    """Queued, and nobody was told."""
    document = flow(agent("one", "sleep 0.3"), agent("two"))
    workflow = published(cast, document)
    assert workflow.published
    return Execution.objects.create(
        workspace=cast.workspace, workflow=workflow, version=workflow.published, number=1
    )


def run(worker: Worker, execution: Execution) -> None:
    worker.take(execution.id)
    ended(execution)
    connections.close_all()


def test_an_open_page_is_poked_to_the_last_event(worker: Worker, execution: Execution) -> None:
    heard = hear(execution_topic(execution.id), lambda: run(worker, execution))
    execution.refresh_from_db()
    pokes = [message["seq"] for message in heard if message["type"] == "poke"]
    assert pokes[-1] == execution.seq
    assert pokes == sorted(pokes)


def test_an_open_page_hears_the_text(worker: Worker, execution: Execution) -> None:
    heard = hear(execution_topic(execution.id), lambda: run(worker, execution))
    texts = [message for message in heard if message["type"] == "delta"]
    assert texts[0] == {
        "topic": execution_topic(execution.id),
        "type": "delta",
        "agent": "writer",
        "text": "one: sleep 0.3",
        "path": "one",
        "round": 0,
    }


def test_lists_hear_that_a_run_moved(worker: Worker, cast: Cast, execution: Execution) -> None:
    heard = hear(workspace_topic(cast.workspace.id), lambda: run(worker, execution))
    assert {
        "topic": workspace_topic(cast.workspace.id),
        "type": "poke",
        "seq": 0,
        "about": "executions",
    } in heard


def test_nothing_is_sent_when_nobody_looks(
    worker: Worker, execution: Execution, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    async def publish(topic: str, message: dict[str, Any]) -> None:
        sent.append(topic)

    monkeypatch.setattr(live, "publish", publish)
    Execution.objects.filter(pk=execution.pk).update(version=longer(execution))
    worker.take(execution.id)
    until(lambda: execution.id in worker.news.asked, 3)
    sent.clear()
    ended(execution)
    until(lambda: execution_topic(execution.id) in sent)
    assert sent.count(execution_topic(execution.id)) == 1, "only the end is told to whom it may concern"


def longer(execution: Execution, seconds: float = 1.6) -> Any:
    document = flow(agent("one", f"sleep {seconds}"), agent("two"))
    return WorkflowVersion.objects.create(
        workflow=execution.workflow, number=2, definition=document, digest="-"
    )


def test_who_begins_to_look_is_poked(worker: Worker, execution: Execution) -> None:
    Execution.objects.filter(pk=execution.pk).update(version=longer(execution, 3))
    worker.take(execution.id)
    until(lambda: execution.id in worker.news.asked, 3)
    began = Execution.objects.get().seq
    heard = hear(execution_topic(execution.id), lambda: None, 1.3)
    assert heard, "the page may have missed what came while it loaded"
    assert heard[0] == {"topic": execution_topic(execution.id), "type": "poke", "seq": began}
    ended(execution)


def test_text_is_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []

    async def publish(topic: str, message: dict[str, Any]) -> None:
        sent.append(message)

    monkeypatch.setattr(live, "publish", publish)

    async def go() -> None:
        news = live.News(None)  # type: ignore[arg-type]
        teller = live.Teller(news, Execution().id, "one", 2)
        for word in ("a ", "b ", "c"):
            await teller.emit({"type": "delta", "agent": "w", "text": word})
        await asyncio.sleep(live.GATHER_S * 2)
        await teller.emit({"type": "delta", "agent": "w", "text": "d"})
        await teller.emit({"type": "tool_call", "agent": "w", "call": "1", "tool": "t", "arguments": {}})
        news.asked.add(teller.execution_id)
        await teller.emit({"type": "delta", "agent": "w", "text": "nobody hears"})

    asyncio.run(go())
    assert [(one["type"], one.get("text")) for one in sent] == [
        ("delta", "a b c"),
        ("delta", "d"),
        ("tool_call", None),
    ]
