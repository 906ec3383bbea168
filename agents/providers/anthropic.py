"""Anthropic's models. Its client package is optional; JSON is asked for in words, for want of a schema mode."""

from typing import Any

from agents.providers.base import Call, Endpoint, Kind


def client(endpoint: Endpoint) -> dict[str, Any]:
    """Return what the client is made with."""
    given: dict[str, Any] = {"model": endpoint.model, "api_key": endpoint.key}
    if endpoint.base_url:
        given["base_url"] = endpoint.base_url
    return given


def call(endpoint: Endpoint, wanted: Call) -> dict[str, Any]:
    """Return the arguments of one call."""
    given: dict[str, Any] = {"max_tokens": wanted.max_tokens}
    if wanted.temperature is not None:
        given["temperature"] = min(wanted.temperature, 1.0)
    return given


KIND = Kind(slug="anthropic", label="Anthropic", protocol="anthropic", client=client, call=call)
