"""The shortest possible talk with a model, to see whether it answers at all."""

import asyncio

from autogen_core.models import UserMessage

from agents.providers.base import Call, Endpoint
from agents.providers.catalogue import KINDS
from agents.runtime.autogen.clients import client_for, close_clients

TIMEOUT_S = 20


async def probe(endpoint: Endpoint) -> str:
    """Return what a model says to "Reply with the word ready". Raises whatever its client raises."""
    arguments = KINDS[endpoint.kind].call(endpoint, Call(0.0, 16))
    try:
        async with asyncio.timeout(TIMEOUT_S):
            answer = await client_for(endpoint).create(
                [UserMessage(content="Reply with the word ready.", source="user")],
                extra_create_args=arguments,
            )
    finally:
        await close_clients()
    return str(answer.content)
