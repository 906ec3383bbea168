"""Texts, numbers, lengths of time, choices, yes and no."""

import math
import re
from typing import Any, Final

from workflows.panels.fields import Field, Option
from workflows.panels.forms import Form, plain_lines
from workflows.panels.kinds.kind import Kind, text_view
from workflows.schema import Json

UNITS: Final = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
_WORDS: Final = {
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("h", "hour", "hours"), 3_600),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
}
_PART = re.compile(r"\s*(\d{1,12}(?:\.\d{1,20})?)\s*([a-z]+)\s*", re.ASCII)
_DIGITS: Final = 40


def write_text(field: Field, value: Json) -> dict[str, str]:
    """A text as it is."""
    return {field.name: "" if value is None else plain_lines(str(value))}


def read_text(field: Field, form: Form) -> Json:
    """A text as it is, `nothing` when it is empty."""
    text = form.text(field.name)
    if not text and field.required:
        form.wait(field.name, "Not saved yet: it must not be empty.")
    return text or field.nothing


def number_text(value: Json) -> str:
    """A number as people write it."""
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)


def number_of(text: str) -> float | None:
    """The number that a text holds; None when it holds none."""
    try:
        number = float(text.strip()) if len(text) <= _DIGITS else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _write_number(field: Field, value: Json) -> dict[str, str]:
    return {field.name: number_text(value)}


def _read_number(field: Field, form: Form) -> Json:
    return read_number(field.name, form, whole=False, required=field.required)


def _read_integer(field: Field, form: Form) -> Json:
    return read_number(field.name, form, whole=True, required=field.required)


def read_number(name: str, form: Form, *, whole: bool, required: bool) -> float | int | None:
    """The number at a name; a fault when there is another text."""
    text = form.text(name)
    if not text.strip():
        if required:
            form.fault(name, "Give a number.")
        return None
    number = number_of(text)
    if number is None or (whole and not number.is_integer()):
        form.fault(name, "Must be a whole number." if whole else "Must be a number.")
        return None
    return int(number) if whole else number


def duration_text(seconds: Json) -> str:
    """A length of time in its largest even unit: 90 min, 2 d, 1.5 s."""
    if seconds is None:
        return ""
    for unit, size in UNITS.items():
        if seconds and seconds % size == 0:
            return f"{number_text(seconds / size)} {unit}"
    return f"{number_text(seconds)} s"


def seconds_of(text: str) -> float | None:
    """The seconds that a text means (“90”, “5 min”, “1 h 30 min”); None when it cannot be read."""
    total, at, text = 0.0, 0, text.strip().lower()
    exact = number_of(text.removesuffix("s"))
    if exact is not None and exact >= 0:
        return exact
    while at < len(text):
        found = _PART.match(text, at)
        if not found or found[2] not in _WORDS:
            return None
        total += float(found[1]) * _WORDS[found[2]]
        at = found.end()
    return total if text else None


def _write_duration(field: Field, value: Json) -> dict[str, str]:
    return {field.name: duration_text(value)}


def read_duration(field: Field, form: Form) -> Json:
    """Seconds; a fault for a text that is no length of time."""
    text = form.text(field.name)
    if not text.strip():
        if field.required:
            form.fault(field.name, "Give a length of time, like 30 s, 5 min, 2 h or 1 d.")
        return None
    seconds = seconds_of(text)
    if seconds is None:
        form.fault(field.name, "Must be a length of time, like 30 s, 5 min, 2 h or 1 d.")
    return seconds


def _write_boolean(field: Field, value: Json) -> dict[str, str]:
    return {field.name: "on" if value else "off"}


def _read_boolean(field: Field, form: Form) -> bool:
    return form.text(field.name) == "on"


def _boolean_view(field: Field, form: Form) -> dict[str, Any]:
    return {"checked": form.text(field.name) == "on"}


def choice_view(field: Field, form: Form) -> dict[str, Any]:
    """The options, under their headings; a value that is not among them is offered as it is."""
    value = form.text(field.name)
    return {"value": value, "groups": grouped(with_value(field.options, value))}


def with_value(options: tuple[Option, ...], value: str) -> tuple[Option, ...]:
    """Options among which a value is in any case."""
    known = not value or any(one.value == value for one in options)
    label = value if "${" in value else f"{value} (not found)"
    return options if known else (*options, Option(value, label))


def grouped(options: tuple[Option, ...]) -> list[tuple[str, list[Option]]]:
    """Options under their headings, in the order in which these come."""
    found: dict[str, list[Option]] = {}
    for one in options:
        found.setdefault(one.group, []).append(one)
    return list(found.items())


def _write_sla(field: Field, value: Json) -> dict[str, str]:
    value = value or {}
    return {
        f"{field.name}.target_s": duration_text(value.get("target_s")),
        f"{field.name}.escalate_to": ", ".join(value.get("escalate_to") or ()),
        f"{field.name}.start_workflow": value.get("start_workflow") or "",
    }


def _read_sla(field: Field, form: Form) -> Json:
    seconds = read_duration(Field(f"{field.name}.target_s", field.label), form)
    if seconds is None:
        return None
    people = form.text(f"{field.name}.escalate_to").split(",")
    more: dict[str, Json] = {
        "escalate_to": [one.strip() for one in people if one.strip()],
        "start_workflow": form.text(f"{field.name}.start_workflow").strip(),
    }
    return {"target_s": seconds, **{name: one for name, one in more.items() if one}}


def _sla_view(field: Field, form: Form) -> dict[str, Any]:
    name = f"{field.name}.target_s"
    more = {part: form.text(f"{field.name}.{part}") for part in ("escalate_to", "start_workflow")}
    return {"value": form.text(name), "name": name, **more}


TEXT: Final = Kind(write_text, read_text, text_view)
KINDS: Final[dict[str, Kind]] = {
    "line": TEXT,
    "area": TEXT,
    "prompt": TEXT,
    "agent": Kind(write_text, read_text, choice_view),
    "choice": Kind(write_text, read_text, choice_view),
    "integer": Kind(_write_number, _read_integer, text_view),
    "number": Kind(_write_number, _read_number, text_view),
    "duration": Kind(_write_duration, read_duration, text_view),
    "boolean": Kind(_write_boolean, _read_boolean, _boolean_view),
    "sla": Kind(_write_sla, _read_sla, _sla_view),
}
