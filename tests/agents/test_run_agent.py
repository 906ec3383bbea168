"""One agent at work, over real HTTP."""

from agents.runtime import run_agent
from agents.runtime.contract import AgentTask
from tests.agents.ports import Ports
from tests.stack.model_server import ModelServer


async def test_an_agent_answers_with_text(ports: Ports, models: ModelServer) -> None:
    models.say("Good morning.", prompt_tokens=100, completion_tokens=50)
    result = await run_agent(AgentTask("writer", "Greet."), ports.context())
    assert result.output == "Good morning."
    assert result.served_by == "main/scripted"
    assert (result.spent.requests, result.spent.prompt_tokens, result.spent.completion_tokens) == (1, 100, 50)
    assert result.spent.cost == 200 / 1_000_000
    system, user = models.requests[0]["messages"]
    assert system["content"].startswith("You are the writer.")
    assert user["content"] == "Greet."
