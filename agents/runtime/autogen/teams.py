"""Group chats on AutoGen's teams. A chat resumes by running again against the journal."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from autogen_agentchat.base import TaskResult, TerminationCondition
from autogen_agentchat.conditions import TextMentionTermination
from autogen_agentchat.messages import BaseAgentEvent, BaseChatMessage, BaseTextChatMessage
from autogen_agentchat.teams import BaseGroupChat, RoundRobinGroupChat, SelectorGroupChat
from autogen_core import CancellationToken

from agents.providers.base import Call
from agents.runtime.autogen.colleagues import Terms, assistant, autogen_name, say
from agents.runtime.autogen.journaled import JournaledClient
from agents.runtime.autogen.selection import Selector
from agents.runtime.contract import TeamTask
from agents.runtime.loading import Staff
from agents.runtime.prompts import material, task_message
from agents.runtime.session import Session
from agents.runtime.structured import structured

STOP_WAIT_S = 0.8


async def chat(task: TeamTask, staff: Staff, session: Session, token: CancellationToken) -> dict[str, Any]:
    """Return {"text", "messages": [{"agent", "text"}], "stop_reason"}."""
    team = _team(task, staff, session)
    slugs = {autogen_name(agent.slug): agent.slug for agent in staff.agents}
    talk = asyncio.ensure_future(
        _listen(team, task_message(task.prompt, feedback=task.feedback), slugs, session, token)
    )
    try:
        messages, reason = await asyncio.shield(talk)
    except asyncio.CancelledError:
        await _stop(talk, token)
        raise
    said = [{"agent": slugs[name], "text": text} for name, text in messages]
    return {"text": said[-1]["text"] if said else "", "messages": said, "stop_reason": reason}


async def _stop(talk: asyncio.Future[Any], token: CancellationToken) -> None:
    """AutoGen's runtime waits for its members, so they are stopped first, by the token."""
    token.cancel()
    await asyncio.wait([talk], timeout=STOP_WAIT_S)
    talk.cancel()
    with contextlib.suppress(BaseException):
        await asyncio.wait([talk], timeout=0.1)


def _team(task: TeamTask, staff: Staff, session: Session) -> BaseGroupChat:
    names = {autogen_name(agent.slug): agent.name for agent in staff.agents}
    terms = Terms(max_tokens=task.max_tokens, ask_first=task.ask_first)
    members: list[Any] = [
        assistant(agent, session, staff.policies, terms, speakers=names) for agent in staff.agents
    ]
    stop = _stop_words(task, list(names))
    if task.mode != "selector" or len(members) == 1:
        return RoundRobinGroupChat(members, termination_condition=stop, max_turns=task.max_turns)
    client = JournaledClient(session, "selector", staff.agents[0].models, Call(0.0, 40), quiet=True)
    selector = Selector(client, staff.agents, task.selector_prompt)
    return SelectorGroupChat(
        members,
        model_client=client,
        termination_condition=stop,
        max_turns=task.max_turns,
        selector_func=selector.choose,
    )


def _stop_words(task: TeamTask, names: Sequence[str]) -> TerminationCondition | None:
    return TextMentionTermination(task.stop_word, sources=names) if task.stop_word else None


async def _listen(
    team: BaseGroupChat, task: str, slugs: dict[str, str], session: Session, token: CancellationToken
) -> tuple[list[tuple[str, str]], str]:
    said: list[tuple[str, str]] = []
    reason = ""
    async for news in team.run_stream(task=task, cancellation_token=token, output_task_messages=False):
        if isinstance(news, TaskResult):
            reason = news.stop_reason or ""
        elif text := _said(news, slugs):
            said.append((news.source, text))
            await _tell(slugs[news.source], text, len(said), session)
    return said, reason


def _said(news: BaseAgentEvent | BaseChatMessage, slugs: dict[str, str]) -> str:
    if isinstance(news, BaseTextChatMessage) and news.source in slugs:
        return news.content or "(said nothing)"
    return ""


async def _tell(agent: str, text: str, number: int, session: Session) -> None:
    await session.context.emit({"type": "turn", "agent": agent, "number": number})
    await session.context.emit({"type": "message", "agent": agent, "text": text})


async def conclude(
    task: TeamTask, talk: dict[str, Any], staff: Staff, session: Session, token: CancellationToken
) -> Any:
    """Return the outcome of a chat in the shape of the step's output schema, written by its last speaker."""
    schema = task.output_schema or {}
    last = talk["messages"][-1]["agent"] if talk["messages"] else staff.agents[0].slug
    writer = next(agent for agent in staff.agents if agent.slug == last)
    scribe = assistant(writer, session, staff.policies, Terms((), task.max_tokens, schema))
    said = "\n".join(material(message["text"], message["agent"]) for message in talk["messages"])
    prompt = f"{task.prompt}\n\nThe team discussed it:\n{said}\n\nWrite down the outcome."
    return await structured(lambda text: say(scribe, text, token), prompt, schema, session)
