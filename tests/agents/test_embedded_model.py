"""The small model itself: whatever it says, the work comes to an end in the shape that was asked for."""

import pytest
from pytest_django import Settings

from agents import operations
from agents.models import LanguageModel, Provider
from agents.runtime import run_agent
from agents.runtime.contract import AgentTask
from convergio.threads import in_database
from tests.agents.ports import Ports

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]


@pytest.fixture
async def embedded(ports: Ports, settings: Settings, model_server_url: str) -> Ports:
    """The workspace with the embedded model alone."""
    settings.MODEL_SERVER_URL = model_server_url

    def only_embedded() -> None:
        workspace = Provider.objects.get(slug="main").workspace
        Provider.objects.all().delete()
        operations.seed_embedded_provider(workspace)

    await in_database(only_embedded)
    return ports


async def test_it_answers_in_words_while_somebody_watches(embedded: Ports) -> None:
    embedded.watched = True
    task = AgentTask("writer", "Name three fruits.", max_tokens=8)
    result = await run_agent(task, embedded.context())
    assert result.output.strip()
    assert result.served_by == "embedded/smollm2-135m-instruct"
    assert result.spent.cost == 0
    assert 0 < result.spent.completion_tokens <= 8
    assert "".join(news["text"] for news in embedded.told("delta")) == result.output


async def test_it_keeps_to_a_schema(embedded: Ports) -> None:
    schema = {
        "type": "object",
        "properties": {
            "verdict": {"type": "string", "enum": ["go", "wait"]},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "reason": {"type": "string", "maxLength": 12},
        },
        "required": ["verdict", "confidence", "reason"],
        "additionalProperties": False,
    }
    task = AgentTask("critic", "Should we open a second shop?", output_schema=schema)
    output = (await run_agent(task, embedded.context())).output
    assert output["verdict"] in ("go", "wait")
    assert 0 <= output["confidence"] <= 1


async def test_a_prompt_far_too_long_is_cut_not_refused(embedded: Ports) -> None:
    await in_database(lambda: LanguageModel.objects.update(context_tokens=200))
    long = "\n".join(f"{at};Chevrolet;{at * 37 % 101};18.5" for at in range(4_000))
    task = AgentTask("writer", f"What is this table about?\n{long}", max_tokens=4)
    result = await run_agent(task, embedded.context())
    assert result.spent.prompt_tokens < 200
    assert result.served_by
