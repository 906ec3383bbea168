"""Model clients, kept for the life of the process: making one is dear, asking over an open connection is cheap."""

import asyncio
import importlib
from asyncio import AbstractEventLoop
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import httpx2
import openai
from autogen_core import CancellationToken
from autogen_core.models import ChatCompletionClient, ModelInfo
from autogen_ext.models.openai import AzureOpenAIChatCompletionClient, OpenAIChatCompletionClient

from agents.providers.base import Endpoint, Kind, ProviderUnusable
from agents.providers.catalogue import KINDS
from convergio.http import guarded_transport

TIMEOUT = httpx2.Timeout(300, connect=5)
"""Seconds: an answer that is not streamed arrives whole, and a small machine takes its time."""


class _Direct:
    """Reads a stream without a future for each chunk, which is cheaper, and closes it whatever happens.

    AutoGen leaves the connection open when it is cancelled just as a chunk arrives.
    """

    _client: Any

    async def _create_stream_chunks(
        self,
        tool_params: list[Any],
        oai_messages: list[Any],
        create_args: dict[str, Any],
        cancellation_token: CancellationToken | None,
    ) -> AsyncGenerator[Any, None]:
        tools = {"tools": tool_params} if tool_params else {}
        async with await self._client.chat.completions.create(
            messages=oai_messages, stream=True, **tools, **create_args
        ) as stream:
            async for chunk in stream:
                yield chunk


class _OpenAI(_Direct, OpenAIChatCompletionClient):
    """OpenAI and everything that speaks like it."""


class _Azure(_Direct, AzureOpenAIChatCompletionClient):
    """OpenAI on Azure."""


@dataclass(slots=True)
class _Pool:
    """What belongs to one event loop: two HTTP clients, and a model client for each endpoint."""

    plain: httpx2.AsyncClient | None = None
    guarded: httpx2.AsyncClient | None = None
    clients: dict[str, ChatCompletionClient] = field(default_factory=dict)

    def http(self, kind: Kind) -> httpx2.AsyncClient:
        """Return the HTTP client that all endpoints of a sort share."""
        if kind.is_guarded:
            self.guarded = self.guarded or openai.DefaultAsyncHttpxClient(
                transport=guarded_transport(), timeout=TIMEOUT
            )
            return self.guarded
        self.plain = self.plain or openai.DefaultAsyncHttpxClient(timeout=TIMEOUT, trust_env=False)
        return self.plain


_pools: WeakKeyDictionary[AbstractEventLoop, _Pool] = WeakKeyDictionary()


def client_for(endpoint: Endpoint) -> ChatCompletionClient:
    """Return the client of an endpoint. Raises ProviderUnusable when its settings are not complete."""
    pool = _pools.setdefault(asyncio.get_running_loop(), _Pool())
    if endpoint.identity not in pool.clients:
        pool.clients[endpoint.identity] = _make(endpoint, pool)
    return pool.clients[endpoint.identity]


def _make(endpoint: Endpoint, pool: _Pool) -> ChatCompletionClient:
    kind = KINDS[endpoint.kind]
    kind.check(endpoint)
    given: dict[str, Any] = {**kind.client(endpoint), "model_info": _info(endpoint), "max_retries": 0}
    if kind.protocol == "anthropic":
        return _anthropic(given)
    given |= {"http_client": pool.http(kind), "timeout": TIMEOUT, "include_name_in_message": False}
    extra_body = given.pop("extra_body", None)
    client = _Azure(**given) if kind.protocol == "azure" else _OpenAI(**given)
    if extra_body:
        # AutoGen refuses arguments that OpenAI does not know; those it was made with go through unchecked.
        client._create_args["extra_body"] = extra_body
    return client


def _anthropic(given: dict[str, Any]) -> ChatCompletionClient:
    try:
        module = importlib.import_module("autogen_ext.models.anthropic")
    except ImportError as error:
        raise ProviderUnusable(
            "Anthropic's client is not installed here; install the package “anthropic” to use this provider."
        ) from error
    client: ChatCompletionClient = module.AnthropicChatCompletionClient(**given)
    return client


def _info(endpoint: Endpoint) -> ModelInfo:
    return ModelInfo(
        vision=False,
        function_calling=endpoint.supports_tools,
        json_output=True,
        structured_output=endpoint.supports_json_schema,
        family="unknown",
        multiple_system_messages=False,
    )


async def close_clients() -> None:
    """Close every connection of the running loop; the next call opens new ones."""
    pool = _pools.pop(asyncio.get_running_loop(), None)
    for client in (pool.plain, pool.guarded) if pool else ():
        if client is not None:
            await client.aclose()
