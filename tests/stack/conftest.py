"""The product's own processes, with a scripted model behind the embedded provider."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.operations import create_agent, seed_embedded_provider
from tests.people import Cast
from tests.stack.model_server import ModelServer
from tests.stack.rig import Rig, rig

WRITER = {
    "slug": "writer",
    "name": "Writer",
    "role": "Writes what is asked for",
    "description": "Writes short texts.",
    "system_prompt": "You write short, plain texts and answer with nothing but the text.",
}


@pytest.fixture
def cast(committed_cast: Cast) -> Cast:
    """The cast, committed, with an agent that the embedded model serves."""
    seed_embedded_provider(committed_cast.workspace)
    create_agent(WRITER, by=committed_cast.ada.actor)
    return committed_cast


@pytest.fixture
def models() -> Iterator[ModelServer]:
    """Answers every model call."""
    with ModelServer() as server:
        yield server


@pytest.fixture
def stack(cast: Cast, models: ModelServer, tmp_path: Path) -> Iterator[Rig]:
    """Nothing runs yet; tests start what they need."""
    with rig(tmp_path, models.url) as made:
        yield made
