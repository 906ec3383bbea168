"""Who serves when somebody fails."""

import pytest
from pytest_django import Settings

from agents import operations
from agents.runtime import breaker, run_agent
from agents.runtime.contract import AgentTask, StepFailed
from convergio.threads import in_database
from tests.agents.conftest import add_model
from tests.agents.ports import Ports
from tests.people import Cast
from tests.stack.model_server import ModelServer, Say

TASK = AgentTask("writer", "Greet.")


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 502, 503])
async def test_a_failing_model_gives_way_to_the_next(
    ports: Ports, models: ModelServer, backup: ModelServer, cast: Cast, status: int
) -> None:
    await in_database(add_model, cast, backup, "backup", order=2)
    models.fail(status)
    backup.say("I step in.")
    result = await run_agent(TASK, ports.context())
    assert result.output == "I step in."
    assert result.served_by == "backup/scripted"
    assert ports.told("model_call")[0]["served_by"] == "backup/scripted"
    assert len(models.requests) == 1


async def test_a_model_that_is_not_there_gives_way(
    ports: Ports, models: ModelServer, backup: ModelServer, cast: Cast
) -> None:
    await in_database(add_model, cast, backup, "backup", order=2)
    models.refuse_connections()
    backup.say("Here.")
    assert (await run_agent(TASK, ports.context())).served_by == "backup/scripted"


@pytest.mark.parametrize("words", [0, 3])
async def test_a_stream_that_breaks_off_gives_way(
    ports: Ports, models: ModelServer, backup: ModelServer, cast: Cast, words: int
) -> None:
    ports.watched = True
    await in_database(add_model, cast, backup, "backup", order=2)
    models.say("half an answer is no answer", hang_up_after=words)
    backup.say("A whole one.")
    assert (await run_agent(TASK, ports.context())).output == "A whole one."


async def test_a_refused_request_is_not_sent_elsewhere(
    ports: Ports, models: ModelServer, backup: ModelServer, cast: Cast
) -> None:
    await in_database(add_model, cast, backup, "backup", order=2)
    models.fail(400, error="content policy")
    with pytest.raises(StepFailed, match="content policy") as caught:
        await run_agent(TASK, ports.context())
    assert caught.value.reason == "model_refused"
    assert backup.requests == []


async def test_a_moment_of_weakness_is_tried_again(ports: Ports, models: ModelServer) -> None:
    models.fail(503)
    models.say("Back again.")
    assert (await run_agent(TASK, ports.context())).output == "Back again."


async def test_when_all_fail_the_sentence_names_each(
    ports: Ports, models: ModelServer, backup: ModelServer, cast: Cast
) -> None:
    await in_database(add_model, cast, backup, "backup", order=2)
    models.answer_with(Say(status=401))
    backup.answer_with(Say(status=500))
    with pytest.raises(StepFailed) as caught:
        await run_agent(TASK, ports.context())
    failure = caught.value
    assert (failure.reason, failure.retryable) == ("model_unavailable", True)
    assert "main/scripted: the key is not accepted" in failure.sentence
    assert "backup/scripted" in failure.sentence
    assert "k-123" not in failure.sentence


async def test_an_overlong_request_is_shortened_and_tried_again(ports: Ports, models: ModelServer) -> None:
    models.fail(400, error="the request exceeds the available context size")
    models.say("Now it fits.")
    long = AgentTask("writer", "word " * 8_000)
    assert (await run_agent(long, ports.context())).output == "Now it fits."
    first, second = (len(request["messages"][1]["content"]) for request in models.requests)
    assert second < first < len(long.prompt)
    assert "characters left out here" in models.requests[1]["messages"][1]["content"]


async def test_a_model_that_keeps_failing_is_left_alone(
    ports: Ports, models: ModelServer, backup: ModelServer, cast: Cast
) -> None:
    await in_database(add_model, cast, backup, "backup", order=2)
    models.answer_with(Say(status=500))
    backup.answer_with(Say("Here."))
    for number in range(breaker.THRESHOLD + 3):
        await run_agent(AgentTask("writer", f"Greet {number}."), ports.context())
    assert len(models.requests) == breaker.THRESHOLD
    assert len(backup.requests) == breaker.THRESHOLD + 3


async def test_the_embedded_model_comes_last_and_gets_no_tools(
    ports: Ports, models: ModelServer, backup: ModelServer, cast: Cast, settings: Settings
) -> None:
    settings.MODEL_SERVER_URL = backup.url
    await in_database(operations.seed_embedded_provider, cast.workspace)
    models.call_tool("calculator", {"expression": "1+1"})
    models.fail(500, times=2)
    backup.say("Two, I think.")
    result = await run_agent(TASK, ports.context())
    assert result.served_by == "embedded/smollm2-135m-instruct"
    request = backup.requests[0]
    assert "tools" not in request
    assert request["repeat_penalty"] == 1.15
    assert [message["role"] for message in request["messages"]] == ["system", "user", "assistant", "user"]


async def test_a_private_address_needs_the_setting(
    ports: Ports, models: ModelServer, settings: Settings
) -> None:
    settings.OUTBOUND_ALLOWED_HOSTS = []
    with pytest.raises(StepFailed, match="private network"):
        await run_agent(TASK, ports.context())
    assert models.requests == []
