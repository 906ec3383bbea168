"""Components as AutoGen writes them, read as data: a provider's name is a word, never a thing to import.

What has a wrong type counts as not given, since the documents come from anywhere.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

DEEPEST: Final = 8
"""How many teams may lie in one another."""


@dataclass(frozen=True, slots=True)
class Component:
    """One component. `kind` is the last word of its provider, such as AssistantAgent."""

    kind: str
    config: Mapping[str, Any]
    label: str = ""
    about: str = ""

    @property
    def name(self) -> str:
        """What it calls itself, else what it is."""
        return self.text("name") or self.label or self.kind

    def text(self, key: str) -> str:
        """Return a text of its config, empty when there is none."""
        value = self.config.get(key)
        return value.strip() if isinstance(value, str) else ""

    def number(self, key: str) -> float | None:
        """Return a number of its config."""
        value = self.config.get(key)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def part(self, key: str) -> "Component | None":
        """Return a component inside it."""
        return component(self.config.get(key))

    def parts(self, key: str) -> list["Component"]:
        """Return the components of a list inside it; also of one that is given without a list."""
        value = self.config.get(key)
        listed = value if isinstance(value, list) else [value]
        return [found for one in listed if (found := component(one))]


def component(value: object) -> Component | None:
    """Return a value as a component, None when it is none."""
    if not isinstance(value, Mapping) or not isinstance(value.get("provider"), str):
        return None
    config = value.get("config")
    return Component(
        kind=value["provider"].rpartition(".")[2][:100],
        config=config if isinstance(config, Mapping) else {},
        label=_text(value.get("label")),
        about=_text(value.get("description")),
    )


def unwrapped(document: object) -> object:
    """Return the component in a document; a gallery's entry has it under `component`."""
    inner = document.get("component") if isinstance(document, Mapping) else None
    return inner if component(inner) else document


def slug_of(name: str) -> str:
    """Return a name as a slug: primary_agent as primary-agent."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return (stem if stem[:1].isalpha() else f"agent-{stem}".rstrip("-"))[:90]


def id_of(name: str) -> str:
    """Return a name as a step's id."""
    return slug_of(name).replace("-", "_")[:50]


def plain(text: str) -> str:
    """Return a text in which no variable is meant as one that stays as it is when variables are filled in."""
    return text.replace("${", "$${")


def readable(name: str) -> str:
    """Return an identifier as people write it: primary_agent as Primary agent."""
    words = " ".join(name.replace("_", " ").replace("-", " ").split())
    return (words[:1].upper() + words[1:])[:200] or "Agent"


def strings(value: object) -> Iterator[str]:
    """Yield the texts of a list."""
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, str))


def _text(value: object) -> str:
    return value.strip()[:1000] if isinstance(value, str) else ""
