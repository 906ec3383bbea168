"""Conditions as rows: something is compared, and rows are joined by “all” or “any”. And the ways out of a condition."""

import json
from collections.abc import Iterator
from typing import Any, Final

from workflows.panels.fields import Field, id_of
from workflows.panels.forms import MOST_LEVELS, Form, joined
from workflows.panels.kinds.kind import Kind
from workflows.panels.kinds.values import json_text, read_json, read_value, text_of
from workflows.schema import Json, Operator

MISSING: Final = "missing"
"""The form's word for `exists` with the value false."""
OPERATORS: Final[tuple[tuple[str, str], ...]] = (
    ("eq", "is"),
    ("ne", "is not"),
    ("gt", "is more than"),
    ("gte", "is at least"),
    ("lt", "is less than"),
    ("lte", "is at most"),
    ("contains", "contains"),
    ("in", "is one of"),
    ("matches", "matches the pattern"),
    ("exists", "has a value"),
    (MISSING, "has no value"),
)
GROUPS: Final = {
    "all": "All of these hold",
    "any": "At least one of these holds",
    "not": "This does not hold",
}
MOST_COMPARISONS: Final = 60
_PATH: Final = "Not saved yet: choose what to compare."


def write_condition(name: str, value: Json) -> dict[str, str]:
    """A condition as rows; one that is too large or too deep as JSON."""
    if value is None:
        return {f"{name}.kind": ""}
    if _levels(value) > MOST_LEVELS // 2 or _count(value) > MOST_COMPARISONS:
        return {f"{name}.kind": "json", f"{name}.json": json_text(_plain(value))}
    return _rows(name, value)


def _rows(name: str, value: Json) -> dict[str, str]:
    if "path" in value:
        return _comparison(name, value)
    kind, members = _members(value)
    inner = (_rows(f"{name}.items.{number}", one) for number, one in enumerate(members))
    return {f"{name}.kind": kind, **joined(inner)}


def _comparison(name: str, value: Json) -> dict[str, str]:
    op, given = str(value["op"]), value.get("value")
    shown = MISSING if op == Operator.EXISTS and given is False else op
    text = "" if given is None or shown == MISSING else _value_text(op, given)
    return {
        f"{name}.kind": "compare",
        f"{name}.path": value["path"],
        f"{name}.op": shown,
        f"{name}.value": text,
    }


def _value_text(op: str, value: Json) -> str:
    """“Is one of” takes plain words as a list, so that a text there is quoted unless it is a variable."""
    if op == Operator.IN and isinstance(value, str) and not value.startswith("${"):
        return json.dumps(value, ensure_ascii=False)
    return text_of(value)


def _members(group: Json) -> tuple[str, list[Json]]:
    if group.get("not_") is not None:
        return "not", [group["not_"]]
    return (
        ("all", list(group["all"])) if group.get("all") is not None else ("any", list(group.get("any") or ()))
    )


def _plain(value: Json) -> Json:
    if "path" in value:
        return value
    kind, members = _members(value)
    return {"not_": _plain(members[0])} if kind == "not" else {kind: [_plain(one) for one in members]}


def _levels(value: Json) -> int:
    return 1 if "path" in value else 1 + max(map(_levels, _members(value)[1]), default=0)


def _count(value: Json) -> int:
    return 1 if "path" in value else sum(map(_count, _members(value)[1]))


def read_condition(name: str, form: Form, *, required: bool, depth: int = 0) -> Json:
    """The condition at a name; what is not finished or cannot be read is said in the form."""
    kind = form.text(f"{name}.kind")
    if kind == "json":
        return read_json(f"{name}.json", form)
    if depth > MOST_LEVELS:
        form.fault(name, "These groups are nested too deeply.")
        return None
    if kind in GROUPS:
        return _read_group(name, kind, form, depth)
    if kind == "compare" or required:
        return _read_comparison(name, form)
    return None


def _read_group(name: str, kind: str, form: Form, depth: int) -> Json:
    rows = [f"{name}.items.{row}" for row in form.rows(f"{name}.items")]
    found = [read_condition(row, form, required=True, depth=depth + 1) for row in rows]
    if kind != "not":
        return {kind: found}
    if not found:
        form.wait(name, _PATH)
        return None
    return {"not_": found[0] if len(found) == 1 else {"all": found}}


def _read_comparison(name: str, form: Form) -> Json:
    path, op = form.text(f"{name}.path").strip(), form.text(f"{name}.op") or "eq"
    if not path:
        form.wait(f"{name}.path", _PATH)
    if op == MISSING:
        return {"path": path, "op": str(Operator.EXISTS), "value": False}
    return {"path": path, "op": op, "value": _read_value(name, op, form)}


def _read_value(name: str, op: str, form: Form) -> Json:
    text = form.text(f"{name}.value")
    if not text.strip():
        return None
    if op == Operator.IN and not text.lstrip().startswith(("[", "{", '"', "${")):
        return [_word(one.strip()) for one in text.split(",") if one.strip()]
    value = read_value(f"{name}.value", form)
    return None if op == Operator.EXISTS and value is False else value


def _word(text: str) -> Json:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, int | float | bool) else text


def condition_view(name: str, form: Form, *, required: bool, depth: int = 0) -> dict[str, Any]:
    """One condition as the template draws it, with those inside it."""
    kind = form.text(f"{name}.kind") or ("compare" if required else "")
    node: dict[str, Any] = {"name": name, "id": id_of(name), "kind": kind, "operators": OPERATORS}
    if kind in GROUPS:
        rows = form.rows(f"{name}.items") if depth < MOST_LEVELS else []
        inner = [condition_view(f"{name}.items.{row}", form, required=True, depth=depth + 1) for row in rows]
        return {**node, "items_inside": inner, "groups": GROUPS}
    parts = {part: form.text(f"{name}.{part}") for part in ("path", "op", "value", "json")}
    return {**node, **parts, "takes_value": parts["op"] not in (Operator.EXISTS, MISSING)}


def _write(field: Field, value: Json) -> dict[str, str]:
    return write_condition(field.name, value)


def _read(field: Field, form: Form) -> Json:
    return read_condition(field.name, form, required=field.required)


def _view(field: Field, form: Form) -> dict[str, Any]:
    return {"node": condition_view(field.name, form, required=field.required)}


# The ways out of a condition step.


def _write_branches(field: Field, value: Json) -> dict[str, str]:
    return {field.name: "", **joined(_branches(field.name, value or ()))}


def _branches(name: str, branches: Json) -> Iterator[dict[str, str]]:
    for number, branch in enumerate(branches):
        row = f"{name}.{number}"
        parts = {f"{row}.port": branch["port"], f"{row}.label": branch.get("label", "")}
        yield {**parts, **write_condition(f"{row}.when", branch["when"])}


def _read_branches(field: Field, form: Form) -> Json:
    return [_read_branch(f"{field.name}.{row}", field, form) for row in form.rows(field.name)]


def _read_branch(name: str, field: Field, form: Form) -> Json:
    return {
        "port": form.text(f"{name}.port").strip() or free_port(field.name, form),
        "label": form.text(f"{name}.label"),
        "when": read_condition(f"{name}.when", form, required=True),
    }


def free_port(name: str, form: Form) -> str:
    """A name for a new way out that none has yet."""
    taken = {form.text(f"{name}.{row}.port").strip() for row in form.rows(name)}
    return next(port for number in range(1, 10_000) if (port := f"way_{number}") not in taken)


def _branches_view(field: Field, form: Form) -> dict[str, Any]:
    rows = form.rows(field.name)
    return {
        "rows": [
            _branch_view(f"{field.name}.{row}", place, len(rows), field, form)
            for place, row in enumerate(rows)
        ]
    }


def _branch_view(name: str, place: int, count: int, field: Field, form: Form) -> dict[str, Any]:
    return {
        "name": name,
        "id": id_of(name),
        "number": place + 1,
        "port": form.text(f"{name}.port") or free_port(field.name, form),
        "label": form.text(f"{name}.label"),
        "node": condition_view(f"{name}.when", form, required=True),
        "first": place == 0,
        "last": place == count - 1,
    }


KINDS: Final[dict[str, Kind]] = {
    "condition": Kind(_write, _read, _view),
    "branches": Kind(_write_branches, _read_branches, _branches_view),
}
