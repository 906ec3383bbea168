"""Answers of a declared shape."""

import json

import pytest

from agents.models import LanguageModel
from agents.runtime import run_agent
from agents.runtime.contract import AgentTask, StepFailed
from convergio.threads import in_database
from tests.agents.ports import Ports
from tests.stack.model_server import ModelServer

SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "number", "minimum": 0, "maximum": 1}, "reason": {"type": "string"}},
    "required": ["score", "reason"],
    "additionalProperties": False,
}
TASK = AgentTask("writer", "Rate it.", output_schema=SCHEMA)
GOOD = {"score": 0.8, "reason": "solid"}


async def test_the_model_is_asked_for_the_schema_and_the_value_comes_back(
    ports: Ports, models: ModelServer
) -> None:
    models.say(json.dumps(GOOD))
    result = await run_agent(TASK, ports.context())
    assert result.output == GOOD
    asked = models.requests[0]["response_format"]
    assert asked["type"] == "json_schema"
    assert asked["json_schema"]["schema"] == SCHEMA
    assert asked["json_schema"]["strict"] is True


async def test_an_open_schema_is_not_sent_as_strict(ports: Ports, models: ModelServer) -> None:
    models.say("{}")
    await run_agent(AgentTask("writer", "x", output_schema={"type": "object"}), ports.context())
    assert models.requests[0]["response_format"]["json_schema"]["strict"] is False


@pytest.mark.parametrize(
    "said",
    [
        f"Here you are:\n```json\n{json.dumps(GOOD)}\n```\nAnything else?",
        f"Sure! {json.dumps(GOOD)} Hope that helps.",
        f"  {json.dumps(GOOD)}  ",
    ],
)
async def test_json_is_found_in_text(ports: Ports, models: ModelServer, said: str) -> None:
    models.say(said)
    assert (await run_agent(TASK, ports.context())).output == GOOD


async def test_a_model_without_schemas_is_asked_in_words(ports: Ports, models: ModelServer) -> None:
    await in_database(lambda: LanguageModel.objects.update(supports_json_schema=False))
    models.say(json.dumps(GOOD))
    assert (await run_agent(TASK, ports.context())).output == GOOD
    assert "response_format" not in models.requests[0]
    assert '"score"' in models.requests[0]["messages"][0]["content"]


async def test_a_wrong_answer_is_asked_for_again_with_the_finding(ports: Ports, models: ModelServer) -> None:
    models.say(json.dumps({"score": 7, "reason": "great"}))
    models.say(json.dumps(GOOD))
    result = await run_agent(TASK, ports.context())
    assert result.output == GOOD
    assert result.spent.requests == 2
    again = models.requests[1]["messages"]
    assert "score" in again[-1]["content"]
    assert "7" in again[-1]["content"]
    assert again[-2]["role"] == "assistant"


async def test_after_two_repairs_the_step_fails_and_forgets_the_answers(
    ports: Ports, models: ModelServer
) -> None:
    for _ in range(3):
        models.say("I would rather not.")
    with pytest.raises(StepFailed) as caught:
        await run_agent(TASK, ports.context())
    assert caught.value.reason == "output_invalid"
    assert caught.value.retryable
    assert caught.value.spent.requests == len(models.requests) == 3
    assert ports.journal.forgotten == 1
    models.say(json.dumps(GOOD))
    assert (await run_agent(TASK, ports.again())).output == GOOD


async def test_a_repaired_answer_replays_without_asking(ports: Ports, models: ModelServer) -> None:
    models.say("no")
    models.say(json.dumps(GOOD))
    await run_agent(TASK, ports.context())
    assert (await run_agent(TASK, ports.again())).output == GOOD
    assert len(models.requests) == 2
