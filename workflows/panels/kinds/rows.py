"""Lists that are chosen row by row, and names with values."""

from typing import Any, Final

from workflows.panels.fields import Field, Option, id_of
from workflows.panels.forms import Form, joined
from workflows.panels.kinds.kind import Kind
from workflows.panels.kinds.plain import grouped, with_value
from workflows.panels.kinds.values import read_value, text_of
from workflows.schema import Json

# Chosen one by one: team members, people who are asked, tools.


def write_picks(name: str, values: Json) -> dict[str, str]:
    """A row for each entry."""
    return {name: "", **{f"{name}.{number}": str(one) for number, one in enumerate(values or ())}}


def read_picks(name: str, form: Form) -> list[str]:
    """The entries that are chosen; a row without a choice is not finished."""
    for row in form.rows(name):
        if not form.text(f"{name}.{row}").strip():
            form.wait(f"{name}.{row}", "Not saved yet: choose one, or remove the row.")
    return [form.text(f"{name}.{row}").strip() for row in form.rows(name)]


def picks_view(field: Field, name: str, form: Form) -> dict[str, Any]:
    """The rows with what each may be."""
    rows = form.rows(name)
    return {
        "name": name,
        "rows": [
            {
                "name": f"{name}.{row}",
                "number": place + 1,
                "value": form.text(f"{name}.{row}"),
                "groups": grouped(with_value(field.options, form.text(f"{name}.{row}"))),
                "first": place == 0,
                "last": place == len(rows) - 1,
            }
            for place, row in enumerate(rows)
        ],
    }


def _write_picks(field: Field, value: Json) -> dict[str, str]:
    return write_picks(field.name, value)


def _read_picks(field: Field, form: Form) -> Json:
    return read_picks(field.name, form)


def _picks_view(field: Field, form: Form) -> dict[str, Any]:
    return picks_view(field, field.name, form)


# The agent's own tools, or those that are chosen.


def _write_tools(field: Field, value: Json) -> dict[str, str]:
    if value is None:
        return {f"{field.name}.kind": "own"}
    return {f"{field.name}.kind": "chosen", **write_picks(f"{field.name}.chosen", value)}


def _read_tools(field: Field, form: Form) -> Json:
    if form.text(f"{field.name}.kind") != "chosen":
        return None
    return read_picks(f"{field.name}.chosen", form)


def _tools_view(field: Field, form: Form) -> dict[str, Any]:
    facts = picks_view(field, f"{field.name}.chosen", form)
    return {**facts, "kind": form.text(f"{field.name}.kind") or "own", "kind_name": f"{field.name}.kind"}


# A few words, one a line.


def lines_of(text: str) -> list[str]:
    """The lines of a text that hold something."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def _write_lines(field: Field, value: Json) -> dict[str, str]:
    return {field.name: "\n".join(value or ())}


def _read_lines(field: Field, form: Form) -> Json:
    return lines_of(form.text(field.name))


def _lines_view(field: Field, form: Form) -> dict[str, Any]:
    return {"value": form.text(field.name)}


# What an agent hands on: nothing, or named keys and why.


def _write_handoff(field: Field, value: Json) -> dict[str, str]:
    given = value or {}
    return {
        f"{field.name}.on": "off" if value is None else "on",
        f"{field.name}.keys": "\n".join(given.get("keys", ())),
        f"{field.name}.reason": given.get("reason", ""),
    }


def _read_handoff(field: Field, form: Form) -> Json:
    if form.text(f"{field.name}.on") != "on":
        return None
    keys = lines_of(form.text(f"{field.name}.keys"))
    return {"keys": keys, "reason": form.text(f"{field.name}.reason")}


def _handoff_view(field: Field, form: Form) -> dict[str, Any]:
    parts = {part: form.text(f"{field.name}.{part}") for part in ("keys", "reason")}
    return {"on": form.text(f"{field.name}.on") == "on", **parts}


# Names with values. The field's options are names that are known beforehand: a tool's arguments, inputs of a workflow.


def _write_mapping(field: Field, value: Json) -> dict[str, str]:
    given = dict(value or {})
    known = [option.value for option in field.options]
    keys = [*known, *(key for key in given if key not in known)]
    rows = ((key, _shown(field, given[key]) if key in given else "") for key in keys)
    parts = (
        {f"{field.name}.{n}.key": key, f"{field.name}.{n}.value": text} for n, (key, text) in enumerate(rows)
    )
    return {field.name: "", **joined(parts)}


def _shown(field: Field, value: Json) -> str:
    return str(value) if field.facts.get("texts") else text_of(value)


def _read_mapping(field: Field, form: Form) -> Json:
    known, found = {option.value for option in field.options}, dict[str, Json]()
    for row in form.rows(field.name):
        name = f"{field.name}.{row}"
        key, text = form.text(f"{name}.key").strip(), form.text(f"{name}.value")
        if not text.strip() and key in known:
            continue
        if not key:
            form.wait(f"{name}.key", "Not saved yet: give it a name.")
        elif key in found:
            form.fault(f"{name}.key", f"There is already “{key}”.")
        elif not text.strip() and not field.facts.get("texts"):
            form.wait(f"{name}.value", "Not saved yet: give a value.")
        else:
            found[key] = text if field.facts.get("texts") else read_value(f"{name}.value", form)
    return found


def _mapping_view(field: Field, form: Form) -> dict[str, Any]:
    known = {option.value: option for option in field.options}
    rows = [_mapping_row(f"{field.name}.{row}", form, known) for row in form.rows(field.name)]
    return {
        "rows": rows,
        "word": field.facts.get("word", "value"),
        "key_word": field.facts.get("key", "Name"),
    }


def _mapping_row(name: str, form: Form, known: dict[str, Option]) -> dict[str, Any]:
    key = form.text(f"{name}.key")
    return {
        "name": name,
        "id": id_of(name),
        "key": key,
        "value": form.text(f"{name}.value"),
        "known": known.get(key.strip()),
    }


KINDS: Final[dict[str, Kind]] = {
    "picks": Kind(_write_picks, _read_picks, _picks_view),
    "tools": Kind(_write_tools, _read_tools, _tools_view),
    "lines": Kind(_write_lines, _read_lines, _lines_view),
    "handoff": Kind(_write_handoff, _read_handoff, _handoff_view),
    "mapping": Kind(_write_mapping, _read_mapping, _mapping_view),
}
