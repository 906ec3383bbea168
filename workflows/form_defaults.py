"""The defaults of a form, which may hold variables: with what a field is filled before anybody writes. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

type Schema = Mapping[str, Any]

_MAPS: Final = frozenset({"properties", "patternProperties", "$defs", "definitions"})
"""Keywords that hold schemas by names; a name in them is no keyword."""
_ONES: Final = frozenset({"items", "additionalProperties", "not", "if", "then", "else"})
_LISTS: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
DEFAULT: Final = "default"


def defaults_of(schema: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every default in a schema, with its place like `properties.amount.default`."""
    if not isinstance(schema, Mapping):
        return
    if DEFAULT in schema:
        yield f"{place}{DEFAULT}", schema[DEFAULT]
    for name, inner in _inner(schema):
        yield from defaults_of(inner, f"{place}{name}.")


def _inner(schema: Schema) -> Iterator[tuple[str, Any]]:
    for key, value in schema.items():
        if key in _ONES:
            yield key, value
        elif key in _MAPS and isinstance(value, Mapping):
            yield from ((f"{key}.{name}", inner) for name, inner in value.items())
        elif key in _LISTS and isinstance(value, list):
            yield from ((f"{key}.{number}", inner) for number, inner in enumerate(value))


def with_defaults(schema: Schema, resolve: Callable[[Any], Any]) -> dict[str, Any]:
    """A schema with each default as `resolve` makes it; one that comes out as nothing is left away."""
    found = {key: _keyword(key, value, resolve) for key, value in schema.items() if key != DEFAULT}
    value = resolve(schema[DEFAULT]) if DEFAULT in schema else None
    return found if value is None else found | {DEFAULT: value}


def _keyword(key: str, value: Any, resolve: Callable[[Any], Any]) -> Any:
    if key in _MAPS and isinstance(value, Mapping):
        return {name: _schema(inner, resolve) for name, inner in value.items()}
    if key in _LISTS and isinstance(value, list):
        return [_schema(inner, resolve) for inner in value]
    return _schema(value, resolve) if key in _ONES else value


def _schema(value: Any, resolve: Callable[[Any], Any]) -> Any:
    return with_defaults(value, resolve) if isinstance(value, Mapping) else value
