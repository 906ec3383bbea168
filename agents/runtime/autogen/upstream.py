"""One call to a model, answered by the first of its candidates that can."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from autogen_core import CancellationToken
from autogen_core.models import CreateResult, LLMMessage, RequestUsage
from autogen_core.tools import Tool, ToolSchema

from agents.pricing import cost
from agents.providers.base import Call, Endpoint
from agents.providers.catalogue import KINDS
from agents.runtime.autogen.clients import client_for
from agents.runtime.autogen.messages import fitted, size_of, text_of, without_tools
from agents.runtime.contract import StepFailed
from agents.runtime.fitting import estimate
from agents.runtime.routing import Trouble, breakers, classify
from agents.runtime.session import Session

ROUNDS = 2
"""How often the whole chain is tried; the engine's own retries come on top."""
PAUSE_S = 0.4
GATHER_S = 0.05
SHRINKS = 3
LIKELY = 0.6
"""Our estimate is on the safe side for fitting; this share of it is what limits are checked against."""

type OnText = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a model, whichever serves."""

    messages: Sequence[LLMMessage]
    tools: Sequence[Tool | ToolSchema]
    call: Call
    on_text: OnText | None
    token: CancellationToken | None


@dataclass(frozen=True, slots=True)
class Served:
    """An answer, who gave it, and what it cost in US dollars."""

    result: CreateResult
    endpoint: Endpoint
    cost: float


async def ask_chain(chain: Sequence[Endpoint], ask: Ask, session: Session) -> Served:
    """Return the answer of the first model that gives one. Raises StepFailed, which names what each one said."""
    said: dict[str, str] = {}
    for round_ in range(ROUNDS):
        transient = False
        for endpoint in chain:
            if not await breakers.admits(endpoint):
                said.setdefault(endpoint.label, "it failed several times and is left alone for a moment")
                continue
            answer = await _ask_one(endpoint, ask, session)
            if isinstance(answer, Served):
                return answer
            said[endpoint.label] = answer.sentence
            transient = transient or answer.transient
        if not transient or round_ == ROUNDS - 1:
            break
        await asyncio.sleep(PAUSE_S)
    reasons = "; ".join(f"{label}: {reason}" for label, reason in said.items())
    raise session.failed("model_unavailable", f"No language model could answer. {reasons}.")


async def _ask_one(endpoint: Endpoint, ask: Ask, session: Session) -> Served | Trouble:
    scale = 1.0
    for _ in range(SHRINKS):
        try:
            served = await _served(endpoint, ask, session, scale)
        except (StepFailed, asyncio.CancelledError):
            raise
        except Exception as error:
            trouble = classify(error)
            if trouble.too_long:
                scale *= 0.6
                continue
            if not trouble.moves_on:
                sentence = f"{endpoint.label}: {trouble.sentence}."
                raise session.failed("model_refused", sentence, retryable=False) from error
            await breakers.report(endpoint, answered=False)
            return trouble
        await breakers.report(endpoint, answered=True)
        return served
    raise session.failed("model_refused", f"The request is too long for {endpoint.label}.", retryable=False)


async def _served(endpoint: Endpoint, ask: Ask, session: Session, scale: float) -> Served:
    tools = ask.tools if endpoint.supports_tools else ()
    messages = list(ask.messages) if endpoint.supports_tools else without_tools(ask.messages)
    smaller = replace(endpoint, context_tokens=int(endpoint.context_tokens * scale))
    messages = fitted(
        messages, smaller, min(ask.call.max_tokens, smaller.context_tokens // 2), size_of((), tools)
    )
    prompt_size = size_of(messages, tools)
    room = session.answer_room(ask.call.max_tokens, int(prompt_size * LIKELY), endpoint.prices)
    wanted = KINDS[endpoint.kind].call(endpoint, replace(ask.call, max_tokens=room))
    answer = asyncio.ensure_future(_result(endpoint, messages, tools, wanted, ask.on_text))
    if ask.token is not None:
        ask.token.link_future(answer)
    result = await answer
    result = _measured(result, prompt_size)
    usage = result.usage
    return Served(result, endpoint, cost(usage.prompt_tokens, usage.completion_tokens, endpoint.prices))


def _measured(result: CreateResult, prompt_size: int) -> CreateResult:
    """Some servers count nothing; an estimate is better than free."""
    if result.usage.prompt_tokens or result.usage.completion_tokens:
        return result
    said = result.content if isinstance(result.content, str) else str(result.content)
    return result.model_copy(update={"usage": RequestUsage(prompt_size, estimate(said))})


async def _result(
    endpoint: Endpoint,
    messages: Sequence[LLMMessage],
    tools: Sequence[Tool | ToolSchema],
    wanted: dict[str, Any],
    on_text: OnText | None,
) -> CreateResult:
    client = client_for(endpoint)
    if on_text is None:
        return await client.create(messages, tools=tools, extra_create_args=wanted)
    if KINDS[endpoint.kind].protocol != "anthropic":
        wanted = wanted | {"stream_options": {"include_usage": True}}
    stream = client.create_stream(messages, tools=tools, extra_create_args=wanted)
    return await _gathered(stream, on_text)


async def _gathered(stream: AsyncGenerator[str | CreateResult, None], on_text: OnText) -> CreateResult:
    """Return the end of a stream; its text is passed on in pieces of about GATHER_S seconds."""
    waiting: list[str] = []
    last = time.monotonic()
    result: CreateResult | None = None
    async with aclosing(stream):
        async for piece in stream:
            if isinstance(piece, CreateResult):
                result = piece
                continue
            waiting.append(piece)
            if time.monotonic() - last >= GATHER_S:
                await on_text("".join(waiting))
                waiting, last = [], time.monotonic()
    if waiting:
        await on_text("".join(waiting))
    if result is None or (result.finish_reason == "unknown" and not result.usage.completion_tokens):
        raise ConnectionError("the stream ended before the answer did")
    return result


def told(messages: Sequence[LLMMessage]) -> list[dict[str, Any]]:
    """Return messages as the journal keeps and compares them."""
    return [{"role": message.type, "text": text_of(message)} for message in messages]
