"""The work of a step, from task to result."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from autogen_core import CancellationToken
from django.db import InterfaceError, OperationalError

from agents.runtime.autogen.colleagues import Terms, assistant, say
from agents.runtime.autogen.teams import chat, conclude
from agents.runtime.contract import (
    AgentTask,
    Limits,
    Result,
    StepContext,
    StepFailed,
    StepStopped,
    TeamTask,
    ToolTask,
)
from agents.runtime.kept import kept
from agents.runtime.loading import load, pick, policies
from agents.runtime.prompts import task_message
from agents.runtime.session import Session
from agents.runtime.structured import structured
from agents.runtime.workbench import Workbench
from convergio.errors import ConvergioError
from convergio.threads import in_database

log = logging.getLogger(__name__)

type Work = Callable[[Session, CancellationToken], Awaitable[Any]]


async def run_agent(task: AgentTask, context: StepContext) -> Result:
    """Return an agent's answer: text, or a value when an output schema is declared."""

    async def work(session: Session, token: CancellationToken) -> Any:
        slug = task.agent or await in_database(
            pick, context.workspace_id, task.capability, f"{context.execution_id}:{context.path}"
        )
        staff = await kept(load, context.workspace_id, (slug,), task.model)
        terms = Terms(task.tools, task.max_tokens, task.output_schema, task.ask_first)
        agent = assistant(staff.agents[0], session, staff.policies, terms)
        prompt = task_message(task.prompt, conversation=task.conversation, feedback=task.feedback)

        async def ask(text: str) -> str:
            answer = await say(agent, text, token)
            await context.emit({"type": "message", "agent": slug, "text": answer})
            return answer

        if task.output_schema:
            return await structured(ask, prompt, task.output_schema, session)
        return await ask(prompt)

    return await _do(work, context, task.limits)


async def run_team(task: TeamTask, context: StepContext) -> Result:
    """Return what a team said, or its outcome as a value when an output schema is declared."""

    async def work(session: Session, token: CancellationToken) -> Any:
        staff = await kept(load, context.workspace_id, tuple(dict.fromkeys(task.members)))
        talk = await chat(task, staff, session, token)
        return await conclude(task, talk, staff, session, token) if task.output_schema else talk

    return await _do(work, context, task.limits)


async def run_tool(task: ToolTask, context: StepContext) -> Result:
    """Return what a tool answers."""

    async def work(session: Session, _: CancellationToken) -> Any:
        decided = await kept(policies, context.workspace_id)
        bench = Workbench(session, decided, ask_first=[task.tool] if task.ask_first else ())
        outcome = await bench.call(context.path, task.tool, task.arguments)
        if outcome.error:
            raise session.failed("tool_failed", outcome.error, retryable=not outcome.refused)
        return outcome.value

    return await _do(work, context, task.limits)


async def _do(work: Work, context: StepContext, limits: Limits) -> Result:
    session, token = Session(context, limits), CancellationToken()
    stopped = False
    try:
        output = await work(session, token)
    except asyncio.CancelledError:
        # Raised below, so that the traceback, and what it holds open, is let go.
        stopped = True
    except (OperationalError, InterfaceError):
        # The database is away, which is no failure of the agent: whoever asked does it again.
        raise
    except Exception as error:
        if session.outage:
            raise session.outage from error
        if session.asks and not session.failure:
            raise session.asks from error
        raise _failure(error, session) from error
    if stopped:
        token.cancel()
        raise StepStopped
    if unfinished := session.failure or session.asks:
        raise unfinished
    return session.result(output)


def _failure(error: Exception, session: Session) -> StepFailed:
    """Return what really went wrong; AutoGen may have wrapped it in words of its own."""
    found = session.failure or error
    if isinstance(found, StepFailed):
        found.spent, found.served_by = session.spent, session.served_by
        return found
    if isinstance(found, ConvergioError):
        return session.failed(found.code, found.sentence, retryable=found.status >= 500)
    log.exception("step %s failed", session.context.path, exc_info=error)
    return session.failed("agent_failed", f"The agent failed unexpectedly ({type(error).__name__}).")
