"""Any server that speaks OpenAI's protocol: vLLM, Ollama, llama.cpp, a gateway. Many need no key."""

from typing import Any

from agents.providers.base import Call, Endpoint, Kind
from agents.providers.json_schema import response_format


def client(endpoint: Endpoint) -> dict[str, Any]:
    """Return what the client is made with."""
    return {"model": endpoint.model, "api_key": endpoint.key or "none", "base_url": endpoint.base_url}


def call(endpoint: Endpoint, wanted: Call) -> dict[str, Any]:
    """Return the arguments of one call."""
    given: dict[str, Any] = {"max_tokens": wanted.max_tokens}
    if wanted.temperature is not None:
        given["temperature"] = wanted.temperature
    if wanted.schema and endpoint.supports_json_schema:
        given["response_format"] = response_format(wanted.schema)
    return given


KIND = Kind(
    slug="openai_compatible",
    label="OpenAI-compatible server",
    protocol="openai",
    client=client,
    call=call,
    needs_key=False,
    needs_base_url=True,
)
