"""The model client that AutoGen sees: every call is metered, journaled and routed."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Literal

from autogen_core import CancellationToken
from autogen_core.models import (
    ChatCompletionClient,
    CreateResult,
    LLMMessage,
    ModelInfo,
    RequestUsage,
)
from autogen_core.tools import Tool, ToolSchema
from django.db import InterfaceError, OperationalError
from pydantic import BaseModel

from agents.providers.base import Call, Endpoint
from agents.runtime.autogen.messages import recorded, replayed, schema_of, size_of, with_speakers
from agents.runtime.autogen.upstream import Ask, Served, ask_chain, told
from agents.runtime.contract import Recorded, StepFailed, Ticket
from agents.runtime.session import Session


class JournaledClient(ChatCompletionClient):
    """One agent's model in one step. Asks upstream only for what the journal does not know yet.

    Whether upstream streams is decided here, by whether anybody watches; AutoGen always gets whole answers, since
    passing each token through its runtime is dear.
    """

    component_type = "model"

    def __init__(
        self,
        session: Session,
        actor: str,
        chain: Sequence[Endpoint],
        call: Call,
        *,
        speakers: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> None:
        self.session = session
        self.actor = actor
        self.chain = tuple(chain)
        self.call = call
        self.speakers = dict(speakers or {})
        self.quiet = quiet

    async def create(
        self,
        messages: Sequence[LLMMessage],
        *,
        tools: Sequence[Tool | ToolSchema] = (),
        tool_choice: Tool | Literal["auto", "required", "none"] = "auto",
        json_output: bool | type[BaseModel] | None = None,
        extra_create_args: Mapping[str, Any] | None = None,
        cancellation_token: CancellationToken | None = None,
    ) -> CreateResult:
        """Return the recorded answer, or ask, record and return it. Raises StepFailed."""
        if stop := self.session.stop:
            raise stop
        try:
            return await self._answer(messages, tools, cancellation_token)
        except (OperationalError, InterfaceError) as error:
            self.session.outage = error
            raise

    async def _answer(
        self,
        messages: Sequence[LLMMessage],
        tools: Sequence[Tool | ToolSchema],
        token: CancellationToken | None,
    ) -> CreateResult:
        journal = self.session.context.journal
        said = with_speakers(messages, self.speakers)
        answer = await journal.begin("model", self.actor, self.chain[0].label, self._request(said, tools))
        if isinstance(answer, Recorded):
            return await self._replay(answer)
        return await self._ask(answer, Ask(said, tools, self.call, self._on_text(), token))

    async def create_stream(
        self,
        messages: Sequence[LLMMessage],
        *,
        tools: Sequence[Tool | ToolSchema] = (),
        tool_choice: Tool | Literal["auto", "required", "none"] = "auto",
        json_output: bool | type[BaseModel] | None = None,
        extra_create_args: Mapping[str, Any] | None = None,
        cancellation_token: CancellationToken | None = None,
    ) -> AsyncGenerator[str | CreateResult, None]:
        """Yield the whole answer at once; live text takes the shorter way to the page."""
        result = await self.create(messages, tools=tools, cancellation_token=cancellation_token)
        if isinstance(result.content, str):
            yield result.content
        yield result

    def _request(self, messages: Sequence[LLMMessage], tools: Sequence[Tool | ToolSchema]) -> dict[str, Any]:
        request: dict[str, Any] = {
            "messages": told(messages),
            "tools": [schema_of(tool)["name"] for tool in tools],
            "temperature": self.call.temperature,
            "max_tokens": self.call.max_tokens,
        }
        return request | ({"schema": self.call.schema} if self.call.schema else {})

    async def _replay(self, answer: Recorded) -> CreateResult:
        self.session.count_model(
            answer.served_by, answer.prompt_tokens, answer.completion_tokens, answer.cost, fresh=False
        )
        await self._tell(answer.prompt_tokens, answer.completion_tokens, answer.cost)
        return replayed(answer.response)

    async def _ask(self, ticket: Ticket, ask: Ask) -> CreateResult:
        journal = self.session.context.journal
        try:
            served = await ask_chain(self.chain, ask, self.session)
        except StepFailed as failure:
            await journal.fail(ticket, failure.sentence)
            raise
        await self._record(ticket, served)
        return served.result

    async def _record(self, ticket: Ticket, served: Served) -> None:
        usage = served.result.usage
        await self.session.context.journal.finish(
            ticket,
            recorded(served.result),
            served_by=served.endpoint.label,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            cost=served.cost,
        )
        self.session.count_model(
            served.endpoint.label, usage.prompt_tokens, usage.completion_tokens, served.cost, fresh=True
        )
        await self._tell(usage.prompt_tokens, usage.completion_tokens, served.cost)

    async def _tell(self, prompt_tokens: int, completion_tokens: int, cost: float) -> None:
        await self.session.context.emit(
            {
                "type": "model_call",
                "agent": self.actor,
                "served_by": self.session.served_by,
                "prompt_tokens": prompt_tokens,
                "completion_tokens": completion_tokens,
                "cost": cost,
            }
        )

    def _on_text(self) -> Any:
        if self.quiet or not self.session.context.watched():
            return None
        emit, actor = self.session.context.emit, self.actor

        async def on_text(text: str) -> None:
            await emit({"type": "delta", "agent": actor, "text": text})

        return on_text

    async def close(self) -> None:
        """Do nothing: connections belong to the process."""

    def actual_usage(self) -> RequestUsage:
        """Return what the whole step used so far."""
        spent = self.session.spent
        return RequestUsage(spent.prompt_tokens, spent.completion_tokens)

    def total_usage(self) -> RequestUsage:
        """Return what the whole step used so far."""
        return self.actual_usage()

    def count_tokens(self, messages: Sequence[LLMMessage], *, tools: Sequence[Tool | ToolSchema] = ()) -> int:
        """Return an estimate."""
        return size_of(messages, tools)

    def remaining_tokens(
        self, messages: Sequence[LLMMessage], *, tools: Sequence[Tool | ToolSchema] = ()
    ) -> int:
        """Return an estimate of what the first model still takes."""
        return self.chain[0].context_tokens - size_of(messages, tools)

    @property
    def capabilities(self) -> Any:
        """What AutoGen asked for before `model_info`."""
        return self.model_info

    @property
    def model_info(self) -> ModelInfo:
        """What the chain as a whole can do; what one model cannot, the way to it makes good."""
        return ModelInfo(
            vision=False, function_calling=True, json_output=True, structured_output=True, family="unknown"
        )
