"""A twin of `agents.runtime` that does what prompts say, so that tests of runs need no model.

A prompt is a list of words for `SCRIPT`; what is no word of it is said as it is. Every call goes through the journal.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any

from agents.runtime.contract import (
    AgentTask,
    Question,
    Recorded,
    Result,
    Spent,
    StepAsks,
    StepContext,
    StepFailed,
    TeamTask,
    ToolTask,
)

COST = 0.01
calls: Counter[str] = Counter()
"""How often each prompt was really paid."""
running: Counter[str] = Counter()
tasks: list[AgentTask | TeamTask | ToolTask] = []


def reset() -> None:
    """Forget what was called."""
    calls.clear()
    running.clear()
    tasks.clear()


async def run_agent(task: AgentTask, context: StepContext) -> Result:
    """Answer as the prompt says."""
    tasks.append(task)
    if task.prompt.startswith("ask "):
        return Result(await _ask(task, task.prompt.removeprefix("ask "), context), Spent(), "fake/model")
    wish = f" ({task.feedback['comment']})" if task.feedback else ""
    answer = await _call(task.agent or task.capability, task.prompt + wish, context)
    await context.emit({"type": "delta", "agent": task.agent, "text": str(answer)})
    return Result(answer, Spent(1, 10, 5, 0, COST), "fake/model")


async def run_team(task: TeamTask, context: StepContext) -> Result:
    """Let every member say the prompt once."""
    tasks.append(task)
    said = [{"agent": one, "text": await _call(one, task.prompt, context)} for one in task.members]
    return Result({"text": said[-1]["text"], "messages": said, "stop_reason": "turns"})


async def run_tool(task: ToolTask, context: StepContext) -> Result:
    """Give the arguments back; some names do more."""
    tasks.append(task)
    if task.tool == "start":
        run = await context.start_workflow(task.arguments["workflow"], task.arguments["inputs"], "only")
        return Result({"execution": run})
    if task.tool == "write":
        return Result(await context.files.write(task.arguments["name"], b"hello", "text/plain"))
    if task.tool == "read":
        return Result({"text": (await context.files.read(task.arguments["file"])).decode()})
    return Result(task.arguments)


async def _ask(task: AgentTask, keys: str, context: StepContext) -> Any:
    """Think, ask a person about each word, then act on what was answered."""
    await _call(task.agent, f"think of {keys}", context)
    for key in keys.split():
        if key not in context.answers:
            raise StepAsks(
                Question("tool", key, f"May I {key}?", data={"tool": key, "arguments": {"to": "ada"}})
            )
    said = [context.answers[key] for key in keys.split()]
    await _call(task.agent, f"act on {keys}", context)
    return " ".join(f"{one.status}({one.comment})" for one in said)


async def _call(actor: str, prompt: str, context: StepContext) -> Any:
    ticket = await context.journal.begin("model", actor, "fake", {"prompt": prompt})
    if isinstance(ticket, Recorded):
        return ticket.response
    calls[prompt] += 1
    running[prompt] += 1
    try:
        answer = await _do(prompt, context)
    except StepFailed as error:
        await context.journal.fail(ticket, error.sentence)
        raise
    finally:
        running[prompt] -= 1
    await context.journal.finish(
        ticket, answer, served_by="fake/model", prompt_tokens=10, completion_tokens=5, cost=COST
    )
    return answer


async def _do(prompt: str, context: StepContext) -> Any:
    verb, _, rest = prompt.partition(" ")
    if verb == "sleep":
        await asyncio.sleep(float(rest.split()[0]))
    elif verb == "stubborn":
        await _however_often_cancelled(float(rest.split()[0]))
    elif verb == "fail":
        raise StepFailed("broken", f"It broke: {rest}.", retryable=False)
    elif verb == "flaky" and calls[prompt] < int(rest.split()[0]):
        raise StepFailed("shaky", "It shook.")
    elif verb == "crash":
        raise RuntimeError("not foreseen")
    elif verb == "count":
        return {"number": int(rest.split()[0])}
    elif verb == "nul":
        return "a\x00b\ud800c"
    return f"{context.path}: {prompt}"


async def _however_often_cancelled(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(until - loop.time())
