"""Anthropic's models. Its client package is optional; JSON is asked for in words, for want of a schema mode."""

from typing import Any

from agents.providers.base import Call, Endpoint, Kind, ProviderUnusable


def client(endpoint: Endpoint) -> dict[str, Any]:
    """Return what the client is made with: its own connections are not guarded, so it goes to Anthropic alone."""
    if endpoint.base_url:
        raise ProviderUnusable(
            f"The provider “{endpoint.provider}” has an address of its own, which Anthropic's client cannot use; "
            "leave it empty, or reach a gateway as an OpenAI-compatible server."
        )
    return {"model": endpoint.model, "api_key": endpoint.key, "base_url": "https://api.anthropic.com"}


def call(endpoint: Endpoint, wanted: Call) -> dict[str, Any]:
    """Return the arguments of one call."""
    given: dict[str, Any] = {"max_tokens": wanted.max_tokens}
    if wanted.temperature is not None:
        given["temperature"] = min(wanted.temperature, 1.0)
    return given


KIND = Kind(slug="anthropic", label="Anthropic", protocol="anthropic", client=client, call=call)
