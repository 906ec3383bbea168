"""Any JSON value as a text that people can write: words stay words, 5 is a number, "5" is a text."""

import json
from typing import Any, Final, NoReturn

from workflows.panels.fields import Field
from workflows.panels.forms import Form, plain_lines
from workflows.panels.kinds.kind import Kind, text_view
from workflows.schema import Json
from workflows.schema.reading import storable_fault

_OPENS: Final = ("{", "[", '"')
NO_JSON: Final = "This begins like JSON but is none; look at its quotes and commas."


class NotReadable(ValueError):
    """A text begins like JSON but is none."""


def text_of(value: Json) -> str:
    """A value as a text that `value_of` reads back."""
    if isinstance(value, str) and _is_plain(value):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2 if _is_large(value) else None)


def value_of(text: str) -> Json:
    """The value that a text means. Raises NotReadable."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        if text.startswith("${") or not text.lstrip().startswith(_OPENS):
            return text
        raise NotReadable(NO_JSON) from None
    if storable_fault(value):
        raise NotReadable(f"This {storable_fault(value)}")
    return value


def read_value(name: str, form: Form) -> Json:
    """The value at a name, with a fault when it cannot be read."""
    try:
        return value_of(form.text(name))
    except NotReadable as error:
        form.fault(name, str(error))
        return None


def json_text(value: Json) -> str:
    """A value as indented JSON."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def read_json(name: str, form: Form) -> Json:
    """The JSON at a name, with a fault when it is none."""
    try:
        value = json.loads(form.text(name), parse_constant=_refuse)
    except (ValueError, RecursionError):
        form.fault(name, "This is no JSON; look at its quotes and commas.")
        return None
    if storable_fault(value):
        form.fault(name, f"This {storable_fault(value)}")
    return value


def _is_plain(text: str) -> bool:
    if text != plain_lines(text) or not text.strip():
        return False
    try:
        return value_of(text) == text and isinstance(value_of(text), str)
    except NotReadable:
        return False


def _is_large(value: Json) -> bool:
    return isinstance(value, dict | list) and len(json.dumps(value)) > 60


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _write(field: Field, value: Json) -> dict[str, str]:
    return {field.name: "" if value is None else text_of(value)}


def _read(field: Field, form: Form) -> Json:
    if not form.text(field.name).strip():
        if field.required:
            form.wait(field.name, "Not saved yet: give a value.")
        return None
    return read_value(field.name, form)


def _view(field: Field, form: Form) -> dict[str, Any]:
    return text_view(field, form)


KINDS: Final[dict[str, Kind]] = {"value": Kind(_write, _read, _view)}
