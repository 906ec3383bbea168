"""Teams at work."""

import asyncio
import json
import time

import pytest
from django.db import OperationalError

from agents.runtime import run_team
from agents.runtime.contract import Limits, StepFailed, StepStopped, TeamTask
from tests.agents.ports import Ports, until
from tests.stack.model_server import ModelServer, Request, Say

MEMBERS = ("writer", "critic")


def speaker(request: Request) -> str:
    return "writer" if "You are the writer" in str(request["messages"][0]["content"]) else "critic"


async def test_members_take_turns(ports: Ports, models: ModelServer) -> None:
    models.answer_with(lambda request: Say(f"{speaker(request)} speaks"))
    result = await run_team(TeamTask("round_robin", MEMBERS, "Discuss.", max_turns=3), ports.context())
    assert [message["agent"] for message in result.output["messages"]] == ["writer", "critic", "writer"]
    assert result.output["text"] == "writer speaks"
    assert "3" in result.output["stop_reason"]
    assert [news["number"] for news in ports.told("turn")] == [1, 2, 3]
    assert result.spent.requests == 3


async def test_a_member_hears_what_the_others_said_and_who_said_it(ports: Ports, models: ModelServer) -> None:
    models.say("My draft.")
    models.say("Too long.")
    await run_team(TeamTask("round_robin", MEMBERS, "Discuss.", max_turns=2), ports.context())
    heard = [message["content"] for message in models.requests[1]["messages"]]
    assert heard[1:] == ["Discuss.", "Writer:\nMy draft."]


async def test_the_stop_word_ends_the_talk_but_not_from_the_task(ports: Ports, models: ModelServer) -> None:
    models.say("I think…")
    models.say("All fine. DONE")
    task = TeamTask("round_robin", MEMBERS, "Say DONE when ready.", max_turns=9, stop_word="DONE")
    result = await run_team(task, ports.context())
    assert len(result.output["messages"]) == 2


async def test_a_selector_chooses_who_speaks(ports: Ports, models: ModelServer) -> None:
    def answer(request: Request) -> Say:
        if "response_format" in request:
            choices = request["response_format"]["json_schema"]["schema"]["properties"]["speaker"]["enum"]
            return Say(json.dumps({"speaker": "critic" if "critic" in choices else choices[0]}))
        return Say(f"{speaker(request)} speaks")

    models.answer_with(answer)
    result = await run_team(TeamTask("selector", MEMBERS, "Discuss.", max_turns=3), ports.context())
    assert [message["agent"] for message in result.output["messages"]] == ["critic", "writer", "critic"]
    assert {entry.actor for entry in ports.journal.of("model")} == {"selector", "writer", "critic"}


async def test_a_selector_that_names_nobody_does_not_stop_the_team(ports: Ports, models: ModelServer) -> None:
    models.answer_with(lambda request: Say("hmm" if "response_format" in request else "words"))
    result = await run_team(TeamTask("selector", MEMBERS, "Discuss.", max_turns=2), ports.context())
    assert [message["agent"] for message in result.output["messages"]] == ["writer", "critic"]


async def test_a_prompt_with_braces_is_text(ports: Ports, models: ModelServer) -> None:
    models.answer_with(lambda request: Say("words"))
    task = TeamTask(
        "selector", MEMBERS, "Use {x.__class__}.", max_turns=1, selector_prompt="{roles} {0} {x!r}"
    )
    await run_team(task, ports.context())
    assert "{0} {x!r}" in models.requests[0]["messages"][-1]["content"]


async def test_a_team_goes_on_from_its_journal(ports: Ports, models: ModelServer) -> None:
    models.say("First.")
    models.fail(400)
    task = TeamTask("round_robin", MEMBERS, "Discuss.", max_turns=2)
    with pytest.raises(StepFailed) as caught:
        await run_team(task, ports.context())
    assert caught.value.reason == "model_refused"
    assert caught.value.spent.requests == 1
    models.say("Second.")
    result = await run_team(task, ports.again())
    assert [message["text"] for message in result.output["messages"]] == ["First.", "Second."]
    assert len(models.requests) == 3


async def test_a_limit_stops_a_team(ports: Ports, models: ModelServer) -> None:
    models.answer_with(Say("words"))
    task = TeamTask("round_robin", MEMBERS, "Discuss.", max_turns=9, limits=Limits(max_requests=2))
    with pytest.raises(StepFailed) as caught:
        await run_team(task, ports.context())
    assert caught.value.reason == "guardrail_requests"
    assert len(models.requests) == 2


async def test_cancelling_stops_a_team_before_its_model_has_answered(
    ports: Ports, models: ModelServer
) -> None:
    models.say("never", delay_s=4)
    work = asyncio.ensure_future(
        run_team(TeamTask("round_robin", MEMBERS, "Discuss.", max_turns=3), ports.context())
    )
    await until(lambda: bool(models.requests))
    started = time.monotonic()
    work.cancel()
    with pytest.raises(StepStopped):
        await work
    assert time.monotonic() - started < 3


async def test_a_team_can_answer_in_a_shape(ports: Ports, models: ModelServer) -> None:
    schema = {"type": "object", "properties": {"verdict": {"type": "string"}}, "required": ["verdict"]}
    models.say("I like it.")
    models.say("Me too.")
    models.say(json.dumps({"verdict": "yes"}))
    task = TeamTask("round_robin", MEMBERS, "Decide.", max_turns=2, output_schema=schema)
    result = await run_team(task, ports.context())
    assert result.output == {"verdict": "yes"}
    said = models.requests[2]["messages"][1]["content"]
    assert "I like it." in said
    assert "Me too." in said


async def test_an_outage_of_the_database_is_no_failure_of_the_team(ports: Ports, models: ModelServer) -> None:
    async def away(*_: object, **__: object) -> None:
        raise OperationalError("the connection is closed")

    ports.journal.finish = away  # type: ignore[method-assign]
    with pytest.raises(OperationalError):
        await run_team(TeamTask("round_robin", MEMBERS, "Discuss.", max_turns=2), ports.context())


async def test_a_member_uses_tools(ports: Ports, models: ModelServer) -> None:
    models.call_tool("calculator", {"expression": "3*3"})
    models.say("Nine.")
    result = await run_team(TeamTask("round_robin", ("writer",), "3 times 3?", max_turns=1), ports.context())
    assert result.output["text"] == "Nine."
    assert result.spent.tool_calls == 1
