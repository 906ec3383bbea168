"""OpenAI's models on Azure. Options: `api_version`, and `deployment` when it is not named like the model."""

from typing import Any

from agents.providers.base import Endpoint, Kind
from agents.providers.openai import call

API_VERSION = "2024-10-21"


def client(endpoint: Endpoint) -> dict[str, Any]:
    """Return what the client is made with."""
    return {
        "model": endpoint.model,
        "api_key": endpoint.key,
        "azure_endpoint": endpoint.base_url,
        "azure_deployment": str(endpoint.options.get("deployment") or endpoint.model),
        "api_version": str(endpoint.options.get("api_version") or API_VERSION),
    }


KIND = Kind(
    slug="azure_openai",
    label="Azure OpenAI",
    protocol="azure",
    client=client,
    call=call,
    needs_base_url=True,
)
