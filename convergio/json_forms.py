"""HTML forms made from a JSON Schema of plain fields, and their answers as JSON.

Understood: an object whose properties are strings (also long, dates, choices), numbers, booleans, and lists of texts.
Anything else is asked for as JSON text. Whether the values fit is for the schema's own check to say.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from convergio.values import label

type Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FormField:
    """One field as a template draws it. `kind` names the widget."""

    name: str
    label: str
    kind: str
    required: bool = False
    help: str = ""
    value: Any = ""
    choices: tuple[str, ...] = ()
    error: str = ""
    accept: tuple[str, ...] = field(default=())


def fields_of(schema: Schema | None, values: Mapping[str, Any], errors: Mapping[str, str]) -> list[FormField]:
    """Return the fields of a schema with what was filled in and what is wrong with it."""
    properties = schema.get("properties") if schema else None
    if not schema or not isinstance(properties, Mapping):
        return []
    needed = schema.get("required", ())
    return [
        _field(str(name), one if isinstance(one, Mapping) else {}, name in needed, values, errors)
        for name, one in properties.items()
    ]


def _field(
    name: str, schema: Schema, required: bool, values: Mapping[str, Any], errors: Mapping[str, str]
) -> FormField:
    choices = tuple(str(one) for one in schema.get("enum", ()))
    return FormField(
        name=name,
        label=str(schema.get("title") or label(name)),
        kind="choice" if choices else kind_of(schema),
        required=required,
        help=str(schema.get("description", "")),
        value=values.get(name, schema.get("default", "")),
        choices=choices,
        error=errors.get(name, ""),
    )


def kind_of(schema: Schema) -> str:
    """Return the widget for one property."""
    match schema.get("type"), schema.get("format"):
        case "string", "date":
            return "date"
        case "string", "email":
            return "email"
        case "string", "textarea":
            return "text"
        case "string", _:
            return "text" if int(schema.get("maxLength") or 0) > 200 else "string"
        case ("integer" | "number" | "boolean") as kind, _:
            return str(kind)
        case "array", _:
            return "list"
        case _:
            return "object"


def values_from(schema: Schema | None, posted: Mapping[str, str]) -> dict[str, Any]:
    """Return the JSON values of a posted form; a field left empty is left out."""
    properties = (schema or {}).get("properties") or {}
    read = {
        name: _value(one if isinstance(one, Mapping) else {}, posted.get(f"form-{name}", "").strip())
        for name, one in properties.items()
    }
    return {name: value for name, value in read.items() if value is not None}


def _value(schema: Schema, text: str) -> Any:
    kind = "choice" if schema.get("enum") else kind_of(schema)
    if kind == "boolean":
        return text in ("on", "true", "1")
    if not text:
        return None
    if kind == "choice":
        return next((one for one in schema["enum"] if str(one) == text), text)
    if kind == "list" and not text.startswith("["):
        return [line.strip() for line in text.splitlines() if line.strip()]
    return _json_or_text(text) if kind in ("integer", "number", "object", "list") else text


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
