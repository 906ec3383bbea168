"""Checking what a run is given against its declared inputs: for the form, the API and sub-workflows. Pure."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from convergio.errors import InvalidInput
from workflows.schema import InputField, InputType, Json
from workflows.schema.reading import storable_fault

MAX_TEXT: Final = 200_000
MAX_ENTRIES: Final = 100_000

FILE_KEYS: Final = ("file", "name", "size", "content_type")

_TRUE: Final = frozenset({"true", "on", "yes", "1"})
_FALSE: Final = frozenset({"false", "off", "no", "0"})


class InvalidInputs(InvalidInput):
    """The inputs do not fit what the workflow asks for."""

    code = "invalid_inputs"


def check_inputs(fields: Sequence[InputField], values: object) -> dict[str, Json]:
    """The run's inputs: each declared one with its type; where nothing was given its default, else None.

    Texts as a form sends them ("12", "on", one entry a line) are read as the type that is wanted. Raises
    InvalidInputs with a detail {"location", "field", "message"} for each fault.
    """
    if not isinstance(values, Mapping):
        raise InvalidInputs("Inputs are an object with a value for each name.")
    checked: dict[str, Json] = {}
    faults = {str(name): "is not an input of this workflow." for name in values if name not in _names(fields)}
    for field in fields:
        try:
            checked[field.name] = _given_or_default(field, values.get(field.name))
        except ValueError as error:
            faults[field.name] = str(error)
    if faults:
        raise _refusal(fields, faults)
    return checked


def check_value(field: InputField, value: Json) -> Json:
    """One value as the type of its field. Raises ValueError with what it must be."""
    fault = storable_fault(value)
    if fault:
        raise ValueError(fault)
    return _READERS[field.type](value, field)


def label_of(field: InputField) -> str:
    """What people read beside the field: its label, else its name made readable."""
    return field.label or field.name.replace("_", " ").capitalize()


def _names(fields: Sequence[InputField]) -> frozenset[str]:
    return frozenset(field.name for field in fields)


def _given_or_default(field: InputField, value: Json) -> Json:
    if value is None or (isinstance(value, str) and not value.strip()):
        value = field.default
    if value is None:
        if field.required:
            raise ValueError("is required.")
        return None
    return check_value(field, value)


def _refusal(fields: Sequence[InputField], faults: Mapping[str, str]) -> InvalidInputs:
    labels = {field.name: label_of(field) for field in fields}
    sentences = [f"{labels.get(name, repr(name))} {fault}" for name, fault in faults.items()]
    details = [
        {"location": f"/{name}", "field": name, "message": sentence}
        for name, sentence in zip(faults, sentences, strict=True)
    ]
    return InvalidInputs(" ".join(sentences[:5]), details=details)


def _string(value: Json, field: InputField) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("must be text.")
    text = str(value)
    if len(text) > MAX_TEXT:
        raise ValueError(f"must have at most {MAX_TEXT:,} characters.")
    return text


def _integer(value: Json, field: InputField) -> int:
    number = _number(value, field)
    if number != int(number):
        raise ValueError("must be a whole number.")
    return int(number)


def _number(value: Json, field: InputField) -> int | float:
    if isinstance(value, str):
        value = _number_in(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number.")
    return value


def _number_in(text: str) -> int | float | None:
    for kind in (int, float):
        try:
            number = kind(text[:100])
        except ValueError:
            continue
        return number if math.isfinite(number) else None
    return None


def _boolean(value: Json, field: InputField) -> bool:
    word = str(value).strip().lower()
    if isinstance(value, bool | str) and word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError("must be true or false.")


def _date(value: Json, field: InputField) -> str:
    try:
        return date.fromisoformat(value.strip()[:10] if len(value.strip()) == 10 else "").isoformat()
    except (ValueError, AttributeError, TypeError):
        raise ValueError("must be a date, like 2026-03-31.") from None


def _choice(value: Json, field: InputField) -> str:
    if isinstance(value, str) and value in field.choices:
        return value
    raise ValueError(f"must be one of: {', '.join(field.choices)}.")


def _list(value: Json, field: InputField) -> list[Json]:
    entries = _list_in(value) if isinstance(value, str) else value
    if not isinstance(entries, list):
        raise ValueError("must be a list.")
    if len(entries) > MAX_ENTRIES:
        raise ValueError(f"must have at most {MAX_ENTRIES:,} entries.")
    return entries


def _list_in(text: str) -> Json:
    if text.lstrip().startswith("["):
        return _json_in(text)
    return [line.strip() for line in text.splitlines() if line.strip()]


def _object(value: Json, field: InputField) -> dict[str, Json]:
    found = _json_in(value) if isinstance(value, str) else value
    if not isinstance(found, dict):
        raise ValueError("must be an object.")
    return found


def _json_in(text: str) -> Json:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("must be valid JSON.") from None
    if storable_fault(found):
        raise ValueError(storable_fault(found))
    return found


def _file(value: Json, field: InputField) -> dict[str, Json]:
    """A reference, or the id alone; what no name is given with is judged again by the name it was stored under."""
    given = {"file": value.strip()} if _is_id(value) else value
    if not isinstance(given, dict) or not isinstance(given.get("file"), str) or not given["file"]:
        raise ValueError("must be an uploaded file.")
    name = given.get("name")
    endings = tuple(ending.lower() for ending in field.accept)
    if endings and name is not None and not str(name).lower().endswith(endings):
        raise ValueError(f"must be a file that ends in {' or '.join(endings)}.")
    return {key: given[key] for key in FILE_KEYS if key in given}


def _is_id(value: Json) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value.strip()))
    except ValueError:
        return False


_READERS: Final[dict[InputType, Callable[[Any, InputField], Json]]] = {
    InputType.STRING: _string,
    InputType.TEXT: _string,
    InputType.INTEGER: _integer,
    InputType.NUMBER: _number,
    InputType.BOOLEAN: _boolean,
    InputType.DATE: _date,
    InputType.CHOICE: _choice,
    InputType.LIST: _list,
    InputType.OBJECT: _object,
    InputType.FILE: _file,
}
