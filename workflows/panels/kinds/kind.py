"""What each kind of field can do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workflows.panels.fields import Field
from workflows.panels.forms import Form
from workflows.schema import Json


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to show a value and to read it back: `read` of what `write` wrote gives the same value.

    `view` gives the template what it draws from a form; `write_like` keeps to how it was shown in another form.
    """

    write: Callable[[Field, Json], dict[str, str]]
    read: Callable[[Field, Form], Json]
    view: Callable[[Field, Form], dict[str, Any]]
    write_like: Callable[[Field, Json, Form], dict[str, str]] | None = None


def text_view(field: Field, form: Form) -> dict[str, Any]:
    """What a field of a single text needs."""
    return {"value": form.text(field.name)}
