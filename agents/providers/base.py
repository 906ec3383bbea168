"""What is known of a kind of provider, and of one model that it serves. Knows no client library."""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agents.pricing import Prices
from convergio.errors import InvalidInput

type Protocol = Literal["openai", "azure", "anthropic"]


class ProviderUnusable(InvalidInput):
    """The provider's settings are not complete."""

    code = "provider_unusable"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model at one provider, with all that a call needs. `key` is never shown."""

    provider_id: uuid.UUID | None
    provider: str
    kind: str
    model: str
    base_url: str = ""
    key: str = field(default="", repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    prices: Prices = field(default_factory=Prices)
    context_tokens: int = 8192
    supports_tools: bool = True
    supports_json_schema: bool = True

    @property
    def label(self) -> str:
        """What people read: provider/model."""
        return f"{self.provider}/{self.model}"

    @property
    def identity(self) -> str:
        """Tells apart clients that must not be shared; holds the key's digest, not the key."""
        known = [str(self.provider_id), self.kind, self.model, self.base_url, dict(self.options), self.key]
        facts = [self.context_tokens, self.supports_tools, self.supports_json_schema]
        return hashlib.sha256(json.dumps([*known, *facts], sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Call:
    """How one call is to be made; `schema` asks for JSON of that shape."""

    temperature: float | None
    max_tokens: int
    schema: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of provider: which protocol it speaks and what its client and its calls are given."""

    slug: str
    label: str
    protocol: Protocol
    client: Callable[[Endpoint], dict[str, Any]]
    call: Callable[[Endpoint, Call], dict[str, Any]]
    needs_key: bool = True
    needs_base_url: bool = False
    is_guarded: bool = True
    """Whether addresses are checked against private networks (not for the model server of our own settings)."""

    def check(self, endpoint: Endpoint) -> None:
        """Raise ProviderUnusable, with what to enter, when a setting is missing."""
        if self.needs_key and not endpoint.key:
            raise ProviderUnusable(
                f"The provider “{endpoint.provider}” has no API key; enter one in the admin."
            )
        if self.needs_base_url and not endpoint.base_url:
            raise ProviderUnusable(f"The provider “{endpoint.provider}” has no address; enter its base URL.")
