"""Reading a document that anybody may have sent: bounds first, then faults as sentences with their place."""

import difflib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic_core import ErrorDetails

from convergio.errors import InvalidInput
from workflows.schema.base import Frozen

MAX_DEPTH: Final = 64
MAX_CHARACTERS: Final = 2_000_000
MAX_FAULTS: Final = 50

type Place = tuple[str | int, ...]
type _Chain = tuple[_Chain, str | int] | None


class InvalidDefinition(InvalidInput):
    """The definition cannot be read."""

    code = "invalid_definition"


def as_json(document: object) -> str:
    """The JSON text of a document given as a text or as plain data.

    Raises InvalidDefinition when it is no JSON object, too large, too deep, or holds what cannot be stored.
    """
    if isinstance(document, str | bytes):
        document = _loaded(document)
    if not isinstance(document, Mapping):
        raise InvalidDefinition("A definition is a JSON object with steps and edges.")
    _check_values(document)
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    if len(text) > MAX_CHARACTERS:
        raise InvalidDefinition(f"The definition is larger than {MAX_CHARACTERS:,} characters.")
    return text


def refusal(faults: Sequence[ErrorDetails], document: Mapping[str, Any]) -> InvalidDefinition:
    """The faults that pydantic found, as one error with a detail for each."""
    details = list(
        {(one["location"], one["message"]): one for one in _details(_root_faults(faults), document)}.values()
    )
    first = details[0]
    where = f"step {first['step']!r}, " if first["step"] else ""
    more = f" There are {len(details) - 1} more faults." if len(details) > 1 else ""
    more = " There is 1 more fault." if len(details) == 2 else more
    place = first["location"] or "the document"
    return InvalidDefinition(
        f"The definition cannot be read: {where}{place}: {first['message']}{more}",
        details=details[:MAX_FAULTS],
    )


def pointer(place: Place) -> str:
    """A place as a JSON pointer, like /steps/0/config."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in place)


# Bounds.


def _loaded(text: str | bytes) -> object:
    if len(text) > 4 * MAX_CHARACTERS:
        raise InvalidDefinition(f"The definition is larger than {MAX_CHARACTERS:,} characters.")
    try:
        return json.loads(text)
    except RecursionError:
        raise InvalidDefinition(f"The definition is nested more than {MAX_DEPTH} levels deep.") from None
    except json.JSONDecodeError as error:
        raise InvalidDefinition(
            f"This is no JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        ) from None
    except ValueError:
        raise InvalidDefinition(
            "This is no JSON: it must be text in UTF-8 with numbers of a usual size."
        ) from None


def storable_fault(value: object) -> str:
    """Why a value is no plain JSON that can be stored, like "must be a finite number."; "" when it is."""
    return next((fault for _, fault in _faulty_values(value)), "")


def _check_values(document: object) -> None:
    for chain, fault in _faulty_values(document):
        raise _at(chain, fault)


def _faulty_values(document: object) -> Iterator[tuple[_Chain, str]]:
    waiting: list[tuple[object, _Chain, int]] = [(document, None, 0)]
    while waiting:
        value, chain, depth = waiting.pop()
        fault = _fault_of(value, depth)
        if fault:
            yield chain, fault
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                if _text_fault(key):
                    yield chain, f"a key {_text_fault(key)}"
                waiting.append((inner, (chain, key), depth + 1))
        elif isinstance(value, list):
            waiting.extend((inner, (chain, index), depth + 1) for index, inner in enumerate(value))


def _fault_of(value: object, depth: int) -> str:
    if depth > MAX_DEPTH:
        return f"is nested more than {MAX_DEPTH} levels deep."
    if isinstance(value, str):
        return _text_fault(value)
    if isinstance(value, float):
        return "" if math.isfinite(value) else "must be a finite number."
    if isinstance(value, int) and not isinstance(value, bool):
        return "" if abs(value) < 10**300 else "is too large a number."
    return "" if value is None or isinstance(value, bool | list | Mapping) else "must be plain JSON."


def _text_fault(text: object) -> str:
    if not isinstance(text, str):
        return "must be text."
    if "\x00" in text:
        return "contains a NUL character, which cannot be stored."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "contains half a surrogate pair, which cannot be stored."
    return ""


def _at(chain: _Chain, fault: str) -> InvalidDefinition:
    parts: list[str | int] = []
    while chain is not None:
        chain, part = chain
        parts.append(part)
    place = pointer(tuple(reversed(parts))[:8])
    return InvalidDefinition(
        f"The definition cannot be read: {place or 'the document'} {fault}",
        details=[{"location": place, "step": None, "message": fault[:1].upper() + fault[1:]}],
    )


# Faults as sentences.


def _root_faults(faults: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out that a list is too short where that is only because its entries have faults."""
    places = [fault["loc"] for fault in faults]
    return [
        fault for fault in faults if fault["type"] != "too_short" or not _any_inside(fault["loc"], places)
    ]


def _any_inside(place: Place, places: Sequence[Place]) -> bool:
    return any(len(one) > len(place) and one[: len(place)] == place for one in places)


def _details(faults: Sequence[ErrorDetails], document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for fault in faults:
        place = _place(fault, document)
        yield {
            "location": pointer(place),
            "step": _step_id(place, document),
            "message": _message(fault, place),
        }


def _place(fault: ErrorDetails, document: Mapping[str, Any]) -> Place:
    """Where in the document a fault is: pydantic's place without the names of union members."""
    place: list[str | int] = []
    value: Any = document
    parts = fault["loc"]
    for index, part in enumerate(parts):
        if _is_tag(parts, index):
            continue
        place.append(part)
        value = _inner(value, part)
    return tuple(place)


def _is_tag(parts: Sequence[str | int], index: int) -> bool:
    part = parts[index]
    if isinstance(part, int):
        return False
    return (index == 2 and parts[0] == "steps") or part.startswith("<") or _follows_on_error(parts, index)


def _follows_on_error(parts: Sequence[str | int], index: int) -> bool:
    return index == 4 and parts[0] == "steps" and parts[3] == "on_error"


def _inner(value: Any, part: str | int) -> Any:
    try:
        return value[part]
    except (KeyError, IndexError, TypeError):
        return None


def _step_id(place: Place, document: Mapping[str, Any]) -> str | None:
    if len(place) < 2 or place[0] != "steps":
        return None
    step_id = _inner(_inner(document.get("steps"), place[1]), "id")
    return step_id if isinstance(step_id, str) else None


def _message(fault: ErrorDetails, place: Place) -> str:
    kind, facts = fault["type"], fault.get("ctx", {})
    name = next((part for part in reversed(place) if isinstance(part, str)), "")
    if kind == "extra_forbidden":
        return f"The key {name!r} is not known here.{_hint(name)}"
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(name, f"Must have the form {facts['pattern']}.")
    if facts.get("min_length") == 1:
        return "Must not be empty."
    if kind == "value_error":
        return _sentence(str(facts.get("error", fault["msg"])))
    template = _MESSAGES.get(kind)
    return template.format(**facts) if template else _sentence(fault["msg"])


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _hint(name: str) -> str:
    known = sorted(_known_keys(Frozen))
    if name in known:
        return " It belongs elsewhere; what is special to a type of step goes into its config."
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    return f" Did you mean {near[0]!r}?" if near else ""


def _known_keys(model: type[Frozen]) -> set[str]:
    ours = [inner for inner in model.__subclasses__() if inner.__module__.startswith(__package__)]
    return set(model.model_fields).union(*(_known_keys(inner) for inner in ours))


_STEP_ID_RULE = "Must begin with a letter and hold only letters, digits and underscores (at most 64)."
_SLUG_RULE = "Must begin with a letter and hold only letters, digits, hyphens and underscores (at most 100)."

_ASSIGNEE_RULE = "Must be user:E-MAIL, group:NAME, or role: with owner, admin, builder, approver or viewer."

_PATTERNS: Final = {
    **dict.fromkeys(("id", "parent", "source", "target", "revise", "port", "name"), _STEP_ID_RULE),
    **dict.fromkeys(("agent", "workflow", "members"), _SLUG_RULE),
    **dict.fromkeys(("approvers", "assignees"), _ASSIGNEE_RULE),
}

_MESSAGES: Final = {
    "missing": "Is missing.",
    "string_type": "Must be text.",
    "int_type": "Must be a whole number.",
    "int_from_float": "Must be a whole number.",
    "float_type": "Must be a number.",
    "bool_type": "Must be true or false.",
    "dict_type": "Must be an object.",
    "model_type": "Must be an object.",
    "model_attributes_type": "Must be an object.",
    "tuple_type": "Must be a list.",
    "list_type": "Must be a list.",
    "literal_error": "Must be one of: {expected}.",
    "enum": "Must be one of: {expected}.",
    "string_too_short": "Must have at least {min_length} characters.",
    "string_too_long": "Must have at most {max_length} characters.",
    "too_short": "Must have at least {min_length} entries.",
    "too_long": "Must have at most {max_length} entries.",
    "greater_than": "Must be more than {gt:g}.",
    "greater_than_equal": "Must be at least {ge:g}.",
    "less_than": "Must be less than {lt:g}.",
    "less_than_equal": "Must be at most {le:g}.",
    "union_tag_invalid": "{tag!r} is not known; expected one of {expected_tags}.",
    "union_tag_not_found": "Does not say of which kind it is: {discriminator} is missing.",
}
