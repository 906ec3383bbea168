"""OpenAI's own service."""

import re
from typing import Any

from agents.providers.base import Call, Endpoint, Kind
from agents.providers.json_schema import response_format

_REASONING = re.compile(r"^(o[1-9]|gpt-5)")
"""These count their thinking into the limit, under another name, and take no temperature."""


def client(endpoint: Endpoint) -> dict[str, Any]:
    """Return what the client is made with."""
    given = {"model": endpoint.model, "api_key": endpoint.key}
    if endpoint.base_url:
        given["base_url"] = endpoint.base_url
    if organization := endpoint.options.get("organization"):
        given["organization"] = str(organization)
    return given


def call(endpoint: Endpoint, wanted: Call) -> dict[str, Any]:
    """Return the arguments of one call."""
    if _REASONING.match(endpoint.model):
        given: dict[str, Any] = {"max_completion_tokens": wanted.max_tokens}
    else:
        given = {"max_tokens": wanted.max_tokens}
        if wanted.temperature is not None:
            given["temperature"] = wanted.temperature
    if wanted.schema and endpoint.supports_json_schema:
        given["response_format"] = response_format(wanted.schema)
    return given


KIND = Kind(slug="openai", label="OpenAI", protocol="openai", client=client, call=call)
