"""Workflows as documents: what export writes, import takes and template files hold. No database here."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from convergio import checks
from convergio.errors import InvalidInput
from workflows.schema import parse_definition
from workflows.schema.definition import dump_definition

EXPORT_KEYS = frozenset(
    {"format", "slug", "name", "description", "category", "tags", "icon", "sample_inputs", "definition"}
)


@dataclass(frozen=True, slots=True)
class Document:
    """A workflow on its way in or out, everything checked."""

    slug: str
    name: str
    description: str
    category: str
    tags: tuple[str, ...]
    definition: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return what export writes."""
        return {
            "format": 1,
            "slug": self.slug,
            "name": self.name,
            "description": self.description,
            "category": self.category,
            "tags": list(self.tags),
            "definition": self.definition,
        }


def canonical(document: object) -> dict[str, Any]:
    """Return a definition in its one written form. Raises InvalidDefinition with one detail per fault."""
    return dump_definition(parse_definition(document))


def digest(definition: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a definition in its canonical form."""
    text = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read(document: object, *, slug: str = "", name: str = "") -> Document:
    """Read an exported workflow, or a bare definition with a name. Raises InvalidInput with the place."""
    if not isinstance(document, Mapping):
        raise InvalidInput("A workflow is imported from a JSON object, as export writes it.")
    given: Mapping[str, Any] = document if "definition" in document else {"definition": document}
    unknown = sorted(str(key) for key in set(given) - EXPORT_KEYS)
    if unknown:
        raise checks.refuse(unknown[0], f"“{unknown[0]}” is no part of an exported workflow.")
    return Document(
        slug=checks.slug(slug or given["slug"]) if slug or given.get("slug") else "",
        name=checks.text(name or given.get("name", ""), "name", most=200, least=1),
        description=checks.text(given.get("description", ""), "description", most=1000),
        category=checks.text(given.get("category", ""), "category", most=64),
        tags=tuple(checks.texts(given.get("tags", []), "tags", most=64, count=20)),
        definition=canonical(given["definition"]),
    )
