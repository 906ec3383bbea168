"""An agent of ours as an AutoGen agent, made fresh for each step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.base import TaskResult
from autogen_agentchat.messages import BaseTextChatMessage
from autogen_core import CancellationToken

from agents.providers.base import Call
from agents.runtime.autogen.bench import Bench
from agents.runtime.autogen.journaled import JournaledClient
from agents.runtime.loading import Colleague
from agents.runtime.prompts import system_message
from agents.runtime.session import Session
from agents.runtime.workbench import ToolPolicy, Workbench

MAX_TOOL_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Terms:
    """How a step wants its agents to work; None leaves it to the agent."""

    tools: tuple[str, ...] | None = None
    max_tokens: int | None = None
    schema: dict[str, Any] | None = None
    ask_first: tuple[str, ...] = ()


def autogen_name(slug: str) -> str:
    """Return a slug as AutoGen takes it: an identifier."""
    return slug.replace("-", "_")


def client_of(
    colleague: Colleague, session: Session, terms: Terms, speakers: Mapping[str, str] | None = None
) -> JournaledClient:
    """Return the model of an agent in this step."""
    call = Call(colleague.temperature, terms.max_tokens or colleague.max_tokens, terms.schema)
    return JournaledClient(session, colleague.slug, colleague.models, call, speakers=speakers)


def assistant(
    colleague: Colleague,
    session: Session,
    policies: Mapping[str, ToolPolicy],
    terms: Terms,
    *,
    speakers: Mapping[str, str] | None = None,
) -> AssistantAgent:
    """Return an AutoGen agent. It is offered tools only when some model of its chain can call them."""
    wanted = colleague.tools if terms.tools is None else terms.tools
    able = any(model.supports_tools for model in colleague.models)
    bench = (
        Bench(Workbench(session, policies, wanted, terms.ask_first), colleague.slug)
        if wanted and able
        else None
    )
    return AssistantAgent(
        name=autogen_name(colleague.slug),
        model_client=client_of(colleague, session, terms, speakers),
        workbench=bench,
        description=colleague.description or colleague.role,
        system_message=system_message(colleague.system_prompt, terms.schema),
        max_tool_iterations=MAX_TOOL_ROUNDS,
        reflect_on_tool_use=True,
    )


async def say(agent: AssistantAgent, text: str, token: CancellationToken) -> str:
    """Return what an agent answers; it remembers what was said before."""
    return last_text(await agent.run(task=text, cancellation_token=token))


def last_text(result: TaskResult) -> str:
    """Return the text of the last message."""
    last = result.messages[-1]
    return last.content if isinstance(last, BaseTextChatMessage) else ""
