"""A JSON Schema as rows of fields. What rows cannot say is kept beside them, or the whole is shown as JSON."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from workflows.panels.fields import Field, id_of
from workflows.panels.forms import Form, joined
from workflows.panels.kinds.kind import Kind
from workflows.panels.kinds.rows import lines_of
from workflows.panels.kinds.values import json_text, read_json, read_value, text_of
from workflows.schema import Json

TYPES: Final[tuple[tuple[str, str], ...]] = (
    ("string", "Text"),
    ("text", "Long text"),
    ("number", "Number"),
    ("integer", "Whole number"),
    ("boolean", "Yes or no"),
    ("date", "Date"),
    ("choice", "One of several"),
    ("list", "List of texts"),
    ("other", "Other (JSON Schema)"),
)
MOST_PROPERTIES: Final = 80
_SHAPES: Final[dict[str, dict[str, Json]]] = {
    "string": {"type": "string"},
    "text": {"type": "string", "format": "textarea"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "list": {"type": "array", "items": {"type": "string"}},
}
_SHAPING: Final = frozenset({"type", "format", "items", "enum", "properties", "required"})
"""What goes when a field that was written as JSON becomes one of a simple type."""


def _write(field: Field, value: Json) -> dict[str, str]:
    if value is None:
        return {f"{field.name}.kind": "none"}
    return _as_rows(field, value) if fits_rows(value) else _as_json(field.name, value)


def _write_like(field: Field, value: Json, form: Form) -> dict[str, str]:
    """As JSON where somebody chose to see it so."""
    wanted = form.text(f"{field.name}.kind")
    return _as_json(field.name, value) if value is not None and wanted == "json" else _write(field, value)


def _as_json(name: str, value: Json) -> dict[str, str]:
    return {f"{name}.kind": "json", f"{name}.was": "json", f"{name}.json": json_text(value)}


def _as_rows(field: Field, value: Json) -> dict[str, str]:
    name, prefilled = field.name, bool(field.facts.get("prefilled"))
    rest = {key: one for key, one in value.items() if key not in ("type", "properties", "required")}
    needed = value.get("required", ())
    rows = (
        {**_row(f"{name}.{number}", key, one, key in needed), **_default(f"{name}.{number}", one, prefilled)}
        for number, (key, one) in enumerate(value["properties"].items())
    )
    head = {
        f"{name}.kind": "fields",
        f"{name}.was": "fields",
        f"{name}.rest": json_text(rest) if rest else "",
    }
    return {**head, **joined(rows)}


def fits_rows(value: Json) -> bool:
    """Whether a schema is an object of named fields, so that rows can say all of it."""
    if not isinstance(value, Mapping) or value.get("type") != "object":
        return False
    properties, needed = value.get("properties"), value.get("required")
    if not isinstance(properties, Mapping) or len(properties) > MOST_PROPERTIES:
        return False
    ordered = needed is None or (bool(needed) and needed == [key for key in properties if key in needed])
    return ordered and all(
        isinstance(one, Mapping) and key.strip() == key != "" for key, one in properties.items()
    )


def _row(name: str, key: str, schema: Mapping[str, Json], required: bool) -> dict[str, str]:
    kind, rest = _kind_and_rest(schema)
    return {
        f"{name}.name": key,
        f"{name}.kind": kind,
        f"{name}.was": kind,
        f"{name}.title": str(schema.get("title", "")),
        f"{name}.description": str(schema.get("description", "")),
        f"{name}.required": "on" if required else "off",
        f"{name}.choices": "\n".join(schema["enum"]) if kind == "choice" else "",
        f"{name}.rest": json_text(rest) if rest else "",
    }


def _default(name: str, schema: Mapping[str, Json], prefilled: bool) -> dict[str, str]:
    """With what a field is filled in beforehand, taken out of what the row keeps beside itself."""
    kind, rest = _kind_and_rest(schema)
    if not prefilled or kind == "other":
        return {}
    kept = {key: one for key, one in rest.items() if key != "default"}
    default = text_of(rest["default"]) if "default" in rest else ""
    return {f"{name}.rest": json_text(kept) if kept else "", f"{name}.default": default}


def _kind_and_rest(schema: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
    """What a field is, and the keywords that the row does not say."""
    said = {key for key in ("title", "description") if isinstance(schema.get(key), str) and schema[key]}
    rest = {key: one for key, one in schema.items() if key not in said}
    if _is_choice(rest):
        return "choice", {key: one for key, one in rest.items() if key not in ("type", "enum")}
    for kind in ("text", "date", "list", "string", "number", "integer", "boolean"):
        shape = _SHAPES[kind]
        if all(rest.get(key) == one for key, one in shape.items()) and not (
            "enum" in rest or _extends(rest, shape)
        ):
            return kind, {key: one for key, one in rest.items() if key not in shape}
    return "other", rest


def _extends(rest: Mapping[str, Json], shape: Mapping[str, Json]) -> bool:
    """Whether a plain text has a format of its own, which the row would hide."""
    return shape == _SHAPES["string"] and "format" in rest


def _is_choice(schema: Mapping[str, Json]) -> bool:
    words = schema.get("enum")
    good = (
        isinstance(words, list)
        and words
        and all(isinstance(one, str) and lines_of(one) == [one] for one in words)
    )
    return bool(good) and schema.get("type") == "string"


def _read(field: Field, form: Form) -> Json:
    kind, was = form.text(f"{field.name}.kind"), form.text(f"{field.name}.was")
    if kind == "none" and not field.required:
        return None
    if was == "json":
        return _from_json(field.name, kind, form)
    return _from_rows(field.name, form)


def _from_json(name: str, kind: str, form: Form) -> Json:
    value = read_json(f"{name}.json", form)
    if name in form.faults or f"{name}.json" in form.faults:
        return None
    if not isinstance(value, dict):
        form.fault(f"{name}.json", "A JSON Schema is an object.")
    elif kind == "fields" and not fits_rows(value):
        form.fault(f"{name}.kind", "This schema says more than a list of fields can; it stays JSON.")
    return value


def _from_rows(name: str, form: Form) -> Json:
    rest = read_json(f"{name}.rest", form) if form.text(f"{name}.rest") else {}
    properties: dict[str, Json] = {}
    needed: list[str] = []
    for row in form.rows(name):
        _read_row(f"{name}.{row}", form, properties, needed)
    found = {"type": "object", **(rest if isinstance(rest, dict) else {}), "properties": properties}
    return {**found, "required": needed} if needed else found


def _read_row(name: str, form: Form, properties: dict[str, Json], needed: list[str]) -> None:
    key = form.text(f"{name}.name").strip()
    if not key:
        form.wait(f"{name}.name", "Not saved yet: give the field a name.")
    elif key in properties:
        form.fault(f"{name}.name", f"There is already a field “{key}”.")
    else:
        properties[key] = _property(name, form)
        if form.text(f"{name}.required") == "on":
            needed.append(key)


def _property(name: str, form: Form) -> dict[str, Json]:
    kind, rest = form.text(f"{name}.kind") or "string", form.text(f"{name}.rest")
    kept = read_json(f"{name}.rest", form) if rest.strip() else {}
    if not isinstance(kept, dict):
        form.fault(f"{name}.rest", "A JSON Schema is an object.")
        kept = {}
    if form.text(f"{name}.was") == "other" != kind:
        kept = {key: one for key, one in kept.items() if key not in _SHAPING}
    words = {part: form.text(f"{name}.{part}") for part in ("title", "description")}
    if form.text(f"{name}.default").strip():
        kept = {**kept, "default": read_value(f"{name}.default", form)}
    return {**_shape(name, kind, form), **kept, **{part: text for part, text in words.items() if text}}


def _shape(name: str, kind: str, form: Form) -> dict[str, Json]:
    if kind != "choice":
        return _SHAPES.get(kind, {})
    choices = lines_of(form.text(f"{name}.choices"))
    if not choices:
        form.wait(f"{name}.choices", "Not saved yet: give what can be chosen.")
    return {"type": "string", "enum": choices}


def _view(field: Field, form: Form) -> dict[str, Any]:
    return {
        "kind": form.text(f"{field.name}.kind") or "fields",
        "was": form.text(f"{field.name}.was"),
        "json": form.text(f"{field.name}.json"),
        "rest": form.text(f"{field.name}.rest"),
        "rows": list(_row_views(field.name, form)),
        "types": TYPES,
        "prefilled": bool(field.facts.get("prefilled")),
    }


def _row_views(name: str, form: Form) -> Iterator[dict[str, Any]]:
    rows = form.rows(name)
    for place, row in enumerate(rows):
        inner = f"{name}.{row}"
        parts = ("name", "kind", "title", "description", "required", "choices", "rest", "was", "default")
        facts = {part: form.text(f"{inner}.{part}") for part in parts}
        ends = {"first": place == 0, "last": place == len(rows) - 1, "number": place + 1}
        yield {"at": inner, "id": id_of(inner), **facts, **ends}


KINDS: Final[dict[str, Kind]] = {"schema": Kind(_write, _read, _view, _write_like)}
