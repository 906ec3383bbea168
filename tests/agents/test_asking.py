"""Tools that a person must allow first, and questions that agents ask people."""

import pytest

from agents import operations
from agents.runtime import run_agent, run_team, run_tool
from agents.runtime.contract import (
    AgentTask,
    PersonsAnswer,
    Question,
    StepAsks,
    StepFailed,
    TeamTask,
    ToolTask,
)
from convergio.threads import in_database
from tests.agents.ports import Ports
from tests.people import Cast
from tests.stack.model_server import ModelServer

ADD = {"expression": "40 + 2"}
ASKS = AgentTask("writer", "Add.", ask_first=("calculator",))
YES = PersonsAnswer("approved", "", None, ("dan@example.com",))
NO = PersonsAnswer("rejected", "Too dear.", None, ("dan@example.com",))


async def asked(task: AgentTask | ToolTask | TeamTask, ports: Ports) -> Question:
    """What a step asks before it goes on."""
    run = {AgentTask: run_agent, ToolTask: run_tool, TeamTask: run_team}[type(task)]
    with pytest.raises(StepAsks) as caught:
        await run(task, ports.again())  # type: ignore[operator]
    return caught.value.question


async def test_an_agents_call_waits_for_a_person_and_is_then_made_once(
    ports: Ports, models: ModelServer
) -> None:
    models.call_tool("calculator", ADD)
    question = await asked(ASKS, ports)
    assert (question.kind, question.data) == ("tool", {"tool": "calculator", "arguments": ADD})
    assert "writer" in question.title and "Calculator" in question.title
    assert ports.journal.of("tool") == [], "nothing is begun before somebody said yes"
    assert (await asked(ASKS, ports)).key == question.key, "asked again it is the same question"

    ports.answers[question.key] = YES
    models.say("It is 42.")
    assert (await run_agent(ASKS, ports.again())).output == "It is 42."
    assert (await run_agent(ASKS, ports.again())).output == "It is 42."
    assert len(models.requests) == 2 and len(ports.journal.of("tool")) == 1


async def test_a_refused_call_is_told_to_the_model_and_not_asked_again(
    ports: Ports, models: ModelServer
) -> None:
    models.call_tool("calculator", ADD)
    ports.answers[(await asked(ASKS, ports)).key] = NO
    models.call_tool("calculator", ADD)
    models.say("I cannot.")
    assert (await run_agent(ASKS, ports.again())).output == "I cannot."
    told = [request["messages"][-1]["content"] for request in models.requests[1:]]
    assert all("A person refused this call: Too dear." in one for one in told)
    assert ports.journal.of("tool") == []


async def test_an_approval_holds_for_one_call_with_these_arguments(ports: Ports, models: ModelServer) -> None:
    models.call_tool("calculator", ADD)
    first = await asked(ASKS, ports)
    ports.answers[first.key] = YES
    models.call_tool("calculator", {"expression": "40 + 3"})
    other = await asked(ASKS, ports)
    ports.answers[other.key] = YES
    models.call_tool("calculator", ADD)
    third = await asked(ASKS, ports)
    assert len({first.key, other.key, third.key}) == 3


async def test_the_workspace_may_have_every_call_of_a_tool_asked_about(ports: Ports, cast: Cast) -> None:
    task = ToolTask("calculator", ADD)
    await in_database(operations.set_tool, "calculator", by=cast.ben.actor, ask_first=True)
    ports.answers[(await asked(task, ports)).key] = YES
    assert (await run_tool(task, ports.again())).output["result"] == 42


async def test_a_refused_tool_step_fails_for_good(ports: Ports) -> None:
    task = ToolTask("calculator", ADD, ask_first=True)
    ports.answers[(await asked(task, ports)).key] = PersonsAnswer("timed_out")
    with pytest.raises(StepFailed, match="No person allowed") as caught:
        await run_tool(task, ports.again())
    assert not caught.value.retryable


async def test_a_member_of_a_team_asks_as_well(ports: Ports, models: ModelServer) -> None:
    models.call_tool("calculator", ADD)
    task = TeamTask("round_robin", ("writer",), "Add.", max_turns=1, ask_first=("calculator",))
    ports.answers[(await asked(task, ports)).key] = YES
    models.say("It is 42.")
    assert (await run_team(task, ports.again())).output["text"] == "It is 42."
    assert len(models.requests) == 2


async def test_a_question_to_a_person_is_answered_as_the_tools_result(
    ports: Ports, models: ModelServer
) -> None:
    task = AgentTask("writer", "Greet.", tools=("ask_person",))
    models.call_tool("ask_person", {"question": "Whom?", "choices": ["Ada", "Ben"], "to": "ada@example.com"})
    question = await asked(task, ports)
    assert (question.kind, question.title, question.to) == ("question", "Whom?", ("user:ada@example.com",))
    assert question.form is not None and question.form["properties"]["answer"]["enum"] == ["Ada", "Ben"]
    ports.answers[question.key] = PersonsAnswer("submitted", "", {"answer": "Ben"}, ("ada@example.com",))
    models.say("Hello, Ben.")
    assert (await run_agent(task, ports.again())).output == "Hello, Ben."
    assert '"answer": "Ben"' in models.requests[1]["messages"][-1]["content"]


async def test_a_question_nobody_answers_is_no_failure(ports: Ports) -> None:
    task = ToolTask("ask_person", {"question": "Whom?"})
    question = await asked(task, ports)
    assert question.to == ()
    ports.answers[question.key] = PersonsAnswer("timed_out")
    assert (await run_tool(task, ports.again())).output["answer"] is None
