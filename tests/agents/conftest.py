"""What the tests of agents share: a workspace whose models are scripted, and ports in memory."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from pytest_django import Settings

from agents import operations
from agents.models import LanguageModel
from agents.runtime.routing import breakers
from tests.agents.ports import Ports
from tests.people import Cast
from tests.stack.model_server import ModelServer


@pytest.fixture
def models() -> Iterator[ModelServer]:
    """A scripted model server."""
    with ModelServer() as server:
        yield server


@pytest.fixture
def backup() -> Iterator[ModelServer]:
    """Another one, to fall back on."""
    with ModelServer() as server:
        yield server


class _Inline:
    """An executor that does not leave the test's thread, and so not its transaction."""

    def submit(self, work: Callable[[], Any]) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)
        return done


def _outside_the_loop[T](work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Django keeps another connection for code under a running loop, so there is none for a moment."""
    loop = asyncio.get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return work(*args, **kwargs)
    finally:
        asyncio._set_running_loop(loop)


@pytest.fixture
def _one_transaction(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep database work in the test's transaction: rolling back is much quicker than emptying every table."""
    monkeypatch.setattr("convergio.threads._threads", _Inline())
    monkeypatch.setattr("convergio.threads._work", _outside_the_loop)


@pytest.fixture
def ports(cast: Cast, models: ModelServer, settings: Settings, _one_transaction: None) -> Iterator[Ports]:
    """A workspace with two agents, whose default model `main/scripted` is the scripted server."""
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    breakers.forget()
    add_model(cast, models, "main", order=1, prompt_price=1, completion_price=2)
    for slug, role in (("writer", "Writes texts"), ("critic", "Finds what is wrong")):
        operations.create_agent(
            {
                "slug": slug,
                "name": slug.capitalize(),
                "role": role,
                "system_prompt": f"You are the {slug}.",
                "tools": ["calculator"],
                "capabilities": ["prose", slug],
            },
            by=cast.cleo.actor,
        )
    yield Ports(cast.workspace.pk)
    breakers.forget()


def add_model(cast: Cast, server: ModelServer, slug: str, *, order: int, **fields: object) -> LanguageModel:
    """Save a provider at a scripted server with one model."""
    ben = cast.ben.actor
    provider = operations.create_provider(
        slug=slug,
        name=slug.capitalize(),
        kind="openai_compatible",
        base_url=server.url,
        api_key="k-123",
        by=ben,
    )
    return operations.save_model(provider, name="scripted", by=ben, fallback_order=order, **fields)
