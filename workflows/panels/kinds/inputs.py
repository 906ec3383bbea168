"""The inputs that a workflow declares, as rows."""

from typing import Any, Final

from workflows.panels.fields import Field, id_of
from workflows.panels.forms import Form, joined
from workflows.panels.kinds.kind import Kind
from workflows.panels.kinds.rows import lines_of
from workflows.panels.kinds.values import read_value, text_of
from workflows.schema import Json

TYPES: Final[tuple[tuple[str, str], ...]] = (
    ("string", "Text"),
    ("text", "Long text"),
    ("integer", "Whole number"),
    ("number", "Number"),
    ("boolean", "Yes or no"),
    ("date", "Date"),
    ("choice", "One of several"),
    ("list", "List"),
    ("object", "Object (JSON)"),
    ("file", "File"),
)
PARTS: Final = ("name", "type", "label", "help", "required", "default", "choices", "accept")


def _write(field: Field, value: Json) -> dict[str, str]:
    rows = (_row(f"{field.name}.{number}", one) for number, one in enumerate(value or ()))
    return {field.name: "", **joined(rows)}


def _row(name: str, value: Json) -> dict[str, str]:
    default = value.get("default")
    return {
        f"{name}.name": value["name"],
        f"{name}.type": str(value.get("type", "string")),
        f"{name}.label": value.get("label", ""),
        f"{name}.help": value.get("help", ""),
        f"{name}.required": "on" if value.get("required") else "off",
        f"{name}.default": "" if default is None else text_of(default),
        f"{name}.choices": "\n".join(value.get("choices", ())),
        f"{name}.accept": ", ".join(value.get("accept", ())),
    }


def _read(field: Field, form: Form) -> Json:
    found: dict[str, Json] = {}
    for row in form.rows(field.name):
        name = f"{field.name}.{row}"
        key = form.text(f"{name}.name").strip()
        if not key:
            form.wait(f"{name}.name", "Not saved yet: give the input a name.")
        elif key in found:
            form.fault(f"{name}.name", f"There is already an input “{key}”.")
        else:
            found[key] = _input(name, key, form)
    return list(found.values())


def _input(name: str, key: str, form: Form) -> Json:
    default = form.text(f"{name}.default")
    accept = form.text(f"{name}.accept").replace(",", "\n")
    return {
        "name": key,
        "type": form.text(f"{name}.type") or "string",
        "label": form.text(f"{name}.label"),
        "help": form.text(f"{name}.help"),
        "required": form.text(f"{name}.required") == "on",
        "default": read_value(f"{name}.default", form) if default.strip() else None,
        "choices": lines_of(form.text(f"{name}.choices")),
        "accept": lines_of(accept),
    }


def _view(field: Field, form: Form) -> dict[str, Any]:
    rows = form.rows(field.name)
    return {
        "types": TYPES,
        "rows": [_row_view(f"{field.name}.{row}", place, len(rows), form) for place, row in enumerate(rows)],
    }


def _row_view(name: str, place: int, count: int, form: Form) -> dict[str, Any]:
    facts = {part: form.text(f"{name}.{part}") for part in PARTS}
    ends = {"first": place == 0, "last": place == count - 1, "number": place + 1}
    return {"at": name, "id": id_of(name), **facts, **ends}


KINDS: Final[dict[str, Kind]] = {"inputs": Kind(_write, _read, _view)}
