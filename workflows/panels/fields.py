"""What a form is made of: sections of fields, each at a place of the step's document. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose. `group` puts it under a heading, `help` says more of it."""

    value: str
    label: str
    help: str = ""
    group: str = ""
    required: bool = False
    kind: str = ""


type Scope = Literal["", "any", "own", "inside", "item"]
"""Which variables a text may hold: none, those before the step, also its own output, those in a loop, an item."""


@dataclass(frozen=True, slots=True)
class Field:
    """One part of a form. `name` is its place in the document, `kind` how it is shown and read.

    `nothing` is the value of an empty text; a `required` field has no such value.
    """

    name: str
    label: str
    kind: str = "line"
    help: str = ""
    required: bool = False
    nothing: Any = None
    options: tuple[Option, ...] = ()
    scope: Scope = ""
    placeholder: str = ""
    unit: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id of the main control on the page."""
        return id_of(self.name)


@dataclass(frozen=True, slots=True)
class Section:
    """Fields under one heading. One without a title is always open."""

    key: str
    title: str
    fields: tuple[Field, ...]
    icon: str = ""
    help: str = ""


def id_of(name: str) -> str:
    """The id on the page of a name in a form."""
    return "f-" + name.replace(".", "-")
