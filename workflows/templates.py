"""The gallery: ready workflows as JSON files under version control."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from convergio.errors import NotFound
from workflows import documents
from workflows.schema import Definition, parse_definition

FOLDER = Path(__file__).parent / "gallery"


class NoSuchTemplate(NotFound):
    """There is no such template; the gallery lists those there are."""


@dataclass(frozen=True, slots=True)
class Template:
    """A ready workflow to begin with."""

    document: documents.Document
    icon: str
    definition: Definition
    sample_inputs: dict[str, Any]
    """Values to try it with; that of a file input is a path in the gallery's folder."""

    @property
    def slug(self) -> str:
        """Its file's name."""
        return self.document.slug

    @property
    def name(self) -> str:
        """What people read."""
        return self.document.name

    @property
    def description(self) -> str:
        """What it is for."""
        return self.document.description

    @property
    def category(self) -> str:
        """The shelf it stands on."""
        return self.document.category

    @property
    def tags(self) -> tuple[str, ...]:
        """Words to find it by."""
        return self.document.tags


@cache
def all_templates() -> tuple[Template, ...]:
    """Return every template, by name. Files are read once per process."""
    return tuple(sorted(map(_read, FOLDER.glob("*.json")), key=lambda template: template.name))


def template(slug: str) -> Template:
    """Return one template. Raises NoSuchTemplate."""
    found = next((template for template in all_templates() if template.slug == slug), None)
    if found is None:
        raise NoSuchTemplate
    return found


def sample_file(name: str) -> Path:
    """Return a sample file of the gallery. Raises NoSuchTemplate when it has none of that name."""
    found = next((file for file in (FOLDER / "samples").iterdir() if f"samples/{file.name}" == name), None)
    if found is None:
        raise NoSuchTemplate("The gallery has no such sample file.")
    return found


def categories() -> dict[str, list[Template]]:
    """Return the templates by category, both in order of their names."""
    shelves: dict[str, list[Template]] = {}
    for one in sorted(all_templates(), key=lambda template: (template.category, template.name)):
        shelves.setdefault(one.category, []).append(one)
    return shelves


def _read(file: Path) -> Template:
    given: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    document = documents.read(given, slug=file.stem)
    return Template(
        document=document,
        icon=given.get("icon", "workflow"),
        definition=parse_definition(document.definition),
        sample_inputs=given.get("sample_inputs", {}),
    )
