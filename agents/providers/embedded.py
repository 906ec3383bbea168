"""The small model that runs beside the product, so that everything works without a key.

Its server constrains JSON by a grammar, so what is asked for as a schema always comes out in that shape, as long as
it comes to an end: texts and lists are bounded so that it does.
"""

from typing import Any

from django.conf import settings

from agents.providers.base import Call, Endpoint, Kind
from agents.providers.json_schema import bounded, response_format

CONTEXT_TOKENS = 4096
"""Its server takes twice as much, but a small machine needs minutes to read that."""
LEAST_JSON_TOKENS = 1200


def client(endpoint: Endpoint) -> dict[str, Any]:
    """Return what the client is made with; the address is the settings' own.

    Without the penalty (llama.cpp's own; OpenAI's works less well) so small a model says one thing for ever.
    """
    return {
        "model": endpoint.model,
        "api_key": "embedded",
        "base_url": str(settings.MODEL_SERVER_URL),
        "extra_body": {"repeat_penalty": 1.15, "repeat_last_n": 256},
    }


def call(endpoint: Endpoint, wanted: Call) -> dict[str, Any]:
    """Return the arguments of one call."""
    given: dict[str, Any] = {"max_tokens": wanted.max_tokens}
    if wanted.temperature is not None:
        given["temperature"] = wanted.temperature
    if wanted.schema:
        given["response_format"] = response_format(bounded(wanted.schema))
        given["max_tokens"] = max(wanted.max_tokens, LEAST_JSON_TOKENS)
    return given


KIND = Kind(
    slug="embedded",
    label="Embedded model",
    protocol="openai",
    client=client,
    call=call,
    needs_key=False,
    is_guarded=False,
)
