"""AutoGen's messages: fitting them to a model, and putting them on record."""

from collections.abc import Mapping, Sequence
from typing import Any

from autogen_core import FunctionCall
from autogen_core.models import (
    AssistantMessage,
    CreateResult,
    FunctionExecutionResult,
    FunctionExecutionResultMessage,
    LLMMessage,
    UserMessage,
)
from autogen_core.tools import Tool, ToolSchema

from agents.providers.base import Endpoint
from agents.runtime.fitting import MESSAGE_TOKENS, caps, cut, estimate

SAFETY = 0.92
"""Share of a model's context that our estimate may fill."""


def text_of(message: LLMMessage) -> str:
    """Return what counts of a message when it is measured."""
    content = message.content
    if isinstance(content, str):
        return content
    return "\n".join(_part(part) for part in content)


def _part(part: Any) -> str:
    if isinstance(part, FunctionCall):
        return f"{part.name}({part.arguments})"
    return part.content if isinstance(part, FunctionExecutionResult) else str(part)


def size_of(messages: Sequence[LLMMessage], tools: Sequence[Tool | ToolSchema] = ()) -> int:
    """Return about how many tokens a request has."""
    said = sum(estimate(text_of(message)) + MESSAGE_TOKENS for message in messages)
    return said + sum(estimate(str(schema_of(tool))) for tool in tools)


def schema_of(tool: Tool | ToolSchema) -> Mapping[str, Any]:
    """Return a tool's schema, however it was given."""
    return tool.schema if isinstance(tool, Tool) else tool


def fitted(
    messages: Sequence[LLMMessage], endpoint: Endpoint, room: int, tools_size: int
) -> list[LLMMessage]:
    """Return messages that leave `room` tokens for the answer; the longest are cut in the middle."""
    budget = int(endpoint.context_tokens * SAFETY) - room - tools_size - MESSAGE_TOKENS * len(messages)
    sizes = [estimate(text_of(message)) for message in messages]
    limits = caps(sizes, max(budget, 64 * len(messages)))
    pairs = zip(messages, sizes, limits, strict=True)
    return [message if size <= limit else _cut(message, limit) for message, size, limit in pairs]


def _cut(message: LLMMessage, tokens: int) -> LLMMessage:
    content = message.content
    if isinstance(content, str):
        return message.model_copy(update={"content": cut(content, tokens)})
    if isinstance(message, FunctionExecutionResultMessage):
        limits = caps([estimate(part.content) for part in message.content], tokens)
        parts = [
            part.model_copy(update={"content": cut(part.content, limit)})
            for part, limit in zip(message.content, limits, strict=True)
        ]
        return message.model_copy(update={"content": parts})
    return message


def without_tools(messages: Sequence[LLMMessage]) -> list[LLMMessage]:
    """Return messages for a model that knows no tools: calls and results are told in words."""
    return [_told(message) for message in messages]


def _told(message: LLMMessage) -> LLMMessage:
    if isinstance(message, FunctionExecutionResultMessage):
        told = "\n".join(f"{part.name} answered:\n{part.content}" for part in message.content)
        return UserMessage(content=told, source="user")
    if isinstance(message, AssistantMessage) and not isinstance(message.content, str):
        told = ", ".join(_part(call) for call in message.content)
        return AssistantMessage(content=f"I asked for {told}.", source=message.source)
    return message


def with_speakers(messages: Sequence[LLMMessage], names: Mapping[str, str]) -> list[LLMMessage]:
    """Return messages that say who spoke, since not every server passes on the name of a message."""
    return [
        message.model_copy(update={"content": f"{names[message.source]}:\n{message.content}"})
        if isinstance(message, UserMessage) and message.source in names
        else message
        for message in messages
    ]


def recorded(result: CreateResult) -> dict[str, Any]:
    """Return a model's answer as the journal keeps it."""
    return result.model_dump(mode="json", exclude={"logprobs"})


def replayed(response: dict[str, Any]) -> CreateResult:
    """Return a model's answer out of the journal."""
    return CreateResult.model_validate(response | {"cached": True})
