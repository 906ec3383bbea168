"""What the tests of agents share: a workspace whose models are scripted, and ports in memory."""

from collections.abc import Iterator

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


@pytest.fixture
def ports(committed_cast: Cast, models: ModelServer, settings: Settings) -> Iterator[Ports]:
    """A workspace with two agents, whose default model `main/scripted` is the scripted server."""
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    breakers.forget()
    add_model(committed_cast, models, "main", order=1, prompt_price=1, completion_price=2)
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
            by=committed_cast.cleo.actor,
        )
    yield Ports(committed_cast.workspace.pk)
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
