"""Sockets and streams: who gets in, what they hear, and that they end when their reason ends."""

import asyncio
import json
import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from convergio.asgi import application
from convergio.live import execution_topic, publish, workspace_topic
from convergio.workspaces import operations as workspaces
from convergio.workspaces import presence
from convergio.workspaces.models import Member
from executions import stream
from executions.models import Execution
from tests.api.test_stream import Stream
from tests.executions.flows import published
from tests.pages import browser
from tests.people import Cast
from tests.workflows.examples import SMALL

pytestmark = pytest.mark.django_db(transaction=True)
HERE = b"http://testserver"


@pytest.fixture
def cast(committed_cast: Cast) -> Cast:
    return committed_cast


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look every tenth of a second."""
    monkeypatch.setattr(presence, "LOOK_S", 0.1)
    monkeypatch.setattr(stream, "LOOK_S", 0.1)


@pytest.fixture
def run(cast: Cast) -> Execution:
    workflow = published(cast, SMALL)
    facts = {"workspace": cast.workspace, "workflow": workflow, "version": workflow.published}
    return Execution.objects.create(**facts, number=1, seq=7, status="running")


@pytest.fixture
def eve(cast: Cast) -> Client:
    return browser(cast.eve)


def cookie_of(client: Client) -> str:
    return f"sessionid={client.cookies['sessionid'].value}"


def socket(cookie: str = "", origin: bytes | None = HERE) -> WebsocketCommunicator:
    """A socket as a browser opens it, through everything that stands before it."""
    headers = [(b"host", b"testserver")]
    headers += [(b"cookie", cookie.encode())] if cookie else []
    headers += [(b"origin", origin)] if origin is not None else []
    return WebsocketCommunicator(application, "/live/", headers=headers)


async def joined(client: Client, *topics: str) -> WebsocketCommunicator:
    """A socket that listens to topics."""
    opened = socket(cookie_of(client))
    assert (await opened.connect(5))[0]
    for topic in topics:
        await opened.send_json_to({"join": topic})
        assert (await opened.receive_json_from(5))["type"] == "joined"
    return opened


async def closed(opened: WebsocketCommunicator) -> int:
    """The code with which a socket is closed within some seconds."""
    async with asyncio.timeout(10):
        while (told := await opened.receive_output(10))["type"] != "websocket.close":
            pass
    code: int = told["code"]
    return code


@pytest.mark.parametrize(
    "origin",
    [
        None,
        b"",
        b"null",
        b"https://evil.example",
        b"http://testserver.evil.example",
        b"file://",
        b"http://[",
        b"http://testserver:99999",
        b"http://testserver@evil.example",
        b"//",
    ],
)
async def test_a_socket_from_elsewhere_is_refused(eve: Client, origin: bytes | None) -> None:
    """Browsers send cookies along to sockets, so only the origin tells our pages from others."""
    opened = socket(cookie_of(eve), origin)
    assert not (await opened.connect(5))[0]


async def test_a_socket_from_our_pages_is_let_in(eve: Client) -> None:
    opened = socket(cookie_of(eve))
    assert (await opened.connect(5))[0]
    await opened.disconnect()


@pytest.mark.parametrize("cookie", ["", "sessionid=", "sessionid=forged", "sessionid=" + "a" * 5000])
async def test_without_a_session_a_socket_is_closed(cast: Cast, cookie: str) -> None:
    opened = socket(cookie)
    assert (await opened.connect(5))[0]
    assert await closed(opened) == 4401


async def test_a_foreign_run_and_workspace_are_refused_and_silent(cast: Cast, run: Execution) -> None:
    finn = await sync_to_async(browser)(cast.finn)
    opened = await joined(finn)
    topics = (execution_topic(run.pk), workspace_topic(cast.workspace.pk), execution_topic(uuid.uuid4()))
    answers = []
    for topic in topics:
        await opened.send_json_to({"join": topic})
        answers.append(await opened.receive_json_from(5))
    assert answers == [{"topic": topic, "type": "refused"} for topic in topics]
    for topic in topics:
        await publish(topic, {"type": "delta", "text": "secret"})
    assert await opened.receive_nothing(0.3)
    await opened.disconnect()


@pytest.mark.parametrize(
    "topic",
    [
        "*",
        "execution.*",
        "execution.%",
        "live",
        "",
        ".",
        "EXECUTION.{id}",
        "execution.{id} ",
        "execution.{{id}}",
    ],
)
async def test_no_other_spelling_of_a_topic_is_joined(
    cast: Cast, run: Execution, eve: Client, topic: str
) -> None:
    opened = await joined(eve)
    await opened.send_json_to({"join": topic.replace("{id}", str(run.pk))})
    assert (await opened.receive_json_from(5))["type"] == "refused"
    await opened.disconnect()


async def test_a_socket_ends_with_the_membership(
    cast: Cast, run: Execution, eve: Client, quick: None
) -> None:
    for topic in (execution_topic(run.pk), workspace_topic(cast.workspace.pk)):
        opened = await joined(eve, topic)
        assert await opened.receive_nothing(0.3)
        await Member.objects.filter(pk=cast.eve.member.pk).adelete()
        assert await closed(opened) == 4403
        await cast.eve.member.asave(force_insert=True)


async def test_a_socket_ends_with_the_session(cast: Cast, eve: Client, quick: None) -> None:
    opened = await joined(eve, workspace_topic(cast.workspace.pk))
    assert await opened.receive_nothing(0.3)
    await sync_to_async(eve.logout)()
    assert await closed(opened) == 4401


async def test_a_socket_ends_with_the_password_and_with_the_account(
    cast: Cast, eve: Client, quick: None
) -> None:
    opened = await joined(eve)
    cast.eve.user.set_password("another horse battery")
    await cast.eve.user.asave()
    assert await closed(opened) == 4401
    again = await sync_to_async(browser)(cast.eve)
    opened = await joined(again)
    cast.eve.user.is_active = False
    await cast.eve.user.asave()
    assert await closed(opened) == 4401


def test_that_is_within_a_minute_by_default() -> None:
    assert presence.LOOK_S <= 60


async def streamed(run: Execution, **headers: str) -> Stream:
    opened = Stream(f"/api/v1/executions/{run.pk}/stream", **headers)
    assert (await opened.open())["status"] == 200
    return opened


@pytest.mark.parametrize("by", ["session", "key"])
async def test_a_stream_ends_with_the_membership(
    cast: Cast, run: Execution, eve: Client, quick: None, by: str
) -> None:
    headers = {"cookie": cookie_of(eve)}
    if by == "key":
        _, key = await sync_to_async(workspaces.create_api_key)(name="R", scopes=["read"], by=cast.eve.actor)
        headers = {"authorization": f"Bearer {key}"}
    opened = await streamed(run, **headers)
    await opened.until("retry")
    await sync_to_async(workspaces.remove_member)(cast.eve.member, by=cast.ada.actor)
    await opened.to_the_end()
    assert "event: end" not in opened.text


@pytest.mark.parametrize("how", ["logout", "revocation"])
async def test_a_stream_ends_with_session_or_key(
    cast: Cast, run: Execution, eve: Client, quick: None, how: str
) -> None:
    if how == "logout":
        opened = await streamed(run, cookie=cookie_of(eve))
        await opened.until("retry")
        await sync_to_async(eve.logout)()
    else:
        make = sync_to_async(workspaces.create_api_key)
        row, key = await make(name="R", scopes=["read"], by=cast.eve.actor)
        opened = await streamed(run, authorization=f"Bearer {key}")
        await opened.until("retry")
        await sync_to_async(workspaces.revoke_api_key)(row, by=cast.eve.actor)
    await opened.to_the_end()
    assert "event: end" not in opened.text


async def test_a_stream_goes_on_for_who_stays(cast: Cast, run: Execution, eve: Client, quick: None) -> None:
    opened = await streamed(run, cookie=cookie_of(eve))
    await opened.until("retry")
    await asyncio.sleep(0.5)
    await Execution.objects.filter(pk=run.pk).aupdate(status="completed")
    messages = await opened.to_the_end()
    assert json.loads(messages[-1]["data"]) == {"status": "completed"}


@pytest.mark.parametrize("who", ["nobody", "finn", "forged"])
async def test_a_stream_of_a_foreign_run_is_refused(cast: Cast, run: Execution, who: str) -> None:
    headers: dict[str, Any] = {"forged": {"cookie": "sessionid=forged"}}.get(who, {})
    if who == "finn":
        headers = {"cookie": cookie_of(await sync_to_async(browser)(cast.finn))}
    opened = Stream(f"/api/v1/executions/{run.pk}/stream", **headers)
    assert (await opened.open())["status"] == (404 if who == "finn" else 401)
    await opened.to_the_end()
