"""Whether a condition holds, and what it says in words. Pure.

How values are compared:

- A path with a wildcard or a slice gives the list of what it finds; any other path gives the one value.
- A path that finds nothing makes every comparison false, except `ne`, and `exists` with the value false.
- `exists` asks for a value other than null.
- Numbers, and texts that hold a number, compare as numbers ("0.9" is less than 1); other texts compare as
  texts, which puts ISO dates in order. Between anything else gt, lt, gte and lte are false. True is not 1.
- `contains` looks for a part of a text, an element of a list or a key of an object; `in` is its reverse.
- `matches` searches a text for a regular expression in linear time (RE2: no look-around, no back-references).
"""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice
from operator import ge, gt, le, lt
from typing import Any, Final

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError
from jsonpath.segments import JSONPathChildSegment
from jsonpath.selectors import IndexSelector, NameSelector, SliceSelector, WildcardSelector

from convergio.errors import InvalidInput
from convergio.json_schemas import compile_pattern, pattern_fault
from workflows.expressions import ABSENT, MissingVariable, Scope, as_text, lookup, parse, resolve
from workflows.schema.base import Json
from workflows.schema.conditions import Comparison, Condition, Group, Operator

MAX_MATCHES: Final = 10_000
MAX_PATTERN: Final = 500
MAX_TEXT: Final = 200_000
RESERVED: Final = ("inputs", "context", "item", "loop")
"""Names that a path may begin with besides step ids."""

_ENVIRONMENT = JSONPathEnvironment(strict=True)
_PLAIN_SELECTORS = (NameSelector, IndexSelector, SliceSelector, WildcardSelector)


class BadCondition(InvalidInput):
    """A condition cannot be read."""

    code = "bad_condition"


def holds(condition: Condition, scope: Scope) -> bool:
    """Whether a condition is true in a scope. Raises BadCondition, and MissingVariable for its value."""
    if isinstance(condition, Comparison):
        found = find(condition.path, scope)
        return _OPERATORS[condition.op](found, resolve(condition.value, scope))
    if condition.not_ is not None:
        return not holds(condition.not_, scope)
    if condition.all is not None:
        return all(holds(inner, scope) for inner in condition.all)
    return any(holds(inner, scope) for inner in condition.any or ())


def find(path: str, scope: Scope) -> Json:
    """What a JSONPath or a `${...}` variable finds, ABSENT when nothing. Raises BadCondition."""
    if path.startswith("${"):
        return _find_variable(path, scope)
    compiled = compile_path(path)
    root = root_of(compiled)
    value = _root_value(root, scope)
    if value is ABSENT:
        return ABSENT
    values = [match.obj for match in islice(compiled.finditer({root: value}), MAX_MATCHES)]
    if compiled.singular_query():
        return values[0] if values else ABSENT
    return values


@lru_cache(maxsize=1024)
def compile_path(path: str) -> JSONPath:
    """Read a JSONPath of names, indices, slices and wildcards. Raises BadCondition."""
    try:
        compiled = _ENVIRONMENT.compile(path)
    except (JSONPathError, ValueError, RecursionError) as error:
        raise BadCondition(f"{path!r} cannot be read: a path looks like $.research.score.") from error
    if not isinstance(compiled, JSONPath) or not all(map(_is_plain, compiled.segments)):
        raise BadCondition(f"{path!r} uses filters, functions or deep search, which conditions do not allow.")
    if not compiled.segments or not isinstance(names_of(compiled)[0], str):
        raise BadCondition(f"{path!r} must begin with a step, as in $.research.score.")
    return compiled


def root_of(path: JSONPath) -> str:
    """The first name of a path: a step's id, or one of RESERVED."""
    first = path.segments[0].selectors[0]
    return first.name if isinstance(first, NameSelector) else ""


def names_of(path: JSONPath) -> tuple[str | int | None, ...]:
    """A path as names and indices; None where it goes through every element."""
    return tuple(_name_of(segment.selectors) for segment in path.segments)


def check_pattern(pattern: Json) -> None:
    """Raises BadCondition when a regular expression cannot be used."""
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN:
        raise BadCondition(f"A pattern is a text of at most {MAX_PATTERN} characters.")
    fault = pattern_fault(pattern)
    if fault:
        raise BadCondition(f"{fault[:1].upper()}{fault[1:]}.")


def describe(condition: Condition, titles: Mapping[str, str] | None = None) -> str:
    """A condition as a sentence without its full stop: "Research score is at least 0.8".

    `titles` maps step ids to their names.
    """
    text = _words(condition, titles or {}, inner=False)
    return text[:1].upper() + text[1:]


# Finding values.


def _find_variable(path: str, scope: Scope) -> Json:
    pieces = parse(path)
    if len(pieces) != 1 or isinstance(pieces[0], str):
        raise BadCondition(f"{path!r} must be one variable and nothing else.")
    try:
        return lookup(pieces[0], scope)
    except MissingVariable:
        return ABSENT


def _root_value(root: str, scope: Scope) -> Json:
    if root == "loop":
        return ABSENT if scope.loop is None else scope.loop
    values: dict[str, Json] = {"inputs": scope.inputs, "context": scope.context, "item": scope.item}
    return values[root] if root in values else scope.output(root)


def _is_plain(segment: object) -> bool:
    return isinstance(segment, JSONPathChildSegment) and all(
        isinstance(selector, _PLAIN_SELECTORS) for selector in segment.selectors
    )


def _name_of(selectors: tuple[Any, ...]) -> str | int | None:
    only = selectors[0] if len(selectors) == 1 else None
    if isinstance(only, NameSelector):
        return only.name
    return only.index if isinstance(only, IndexSelector) else None


# Comparing.


def _eq(found: Json, value: Json) -> bool:
    return found is not ABSENT and same(found, value)


def _ne(found: Json, value: Json) -> bool:
    return not _eq(found, value)


def same(one: Json, other: Json) -> bool:
    """Equal as JSON: true is not 1, and a number equals the text that holds it."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, str) != isinstance(other, str):
        numbers = number_in(one), number_in(other)
        return None not in numbers and numbers[0] == numbers[1]
    return bool(one == other)


def number_in(value: Json) -> float | int | None:
    """The number that a value is or whose text it is; None otherwise."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Json, Json], bool]:
    def ordered(found: Json, value: Json) -> bool:
        one, other = number_in(found), number_in(value)
        if one is not None and other is not None:
            return compare(one, other)
        return isinstance(found, str) and isinstance(value, str) and compare(found, value)

    return ordered


def _contains(found: Json, value: Json) -> bool:
    if isinstance(found, str):
        return value is not None and as_text(value) in found
    if isinstance(found, Mapping):
        return isinstance(value, str) and value in found
    return isinstance(found, list | tuple) and any(same(one, value) for one in found)


def _in(found: Json, value: Json) -> bool:
    return found is not ABSENT and _contains(value, found)


def _exists(found: Json, value: Json) -> bool:
    return (found is not ABSENT and found is not None) is (value is not False)


def _matches(found: Json, value: Json) -> bool:
    check_pattern(value)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return False
    return compile_pattern(value).search(as_text(found)[:MAX_TEXT]) is not None


_OPERATORS: Final[dict[Operator, Callable[[Json, Json], bool]]] = {
    Operator.EQ: _eq,
    Operator.NE: _ne,
    Operator.GT: _ordered(gt),
    Operator.LT: _ordered(lt),
    Operator.GTE: _ordered(ge),
    Operator.LTE: _ordered(le),
    Operator.CONTAINS: _contains,
    Operator.EXISTS: _exists,
    Operator.IN: _in,
    Operator.MATCHES: _matches,
}

# Words for people.

_SAYS: Final[dict[Operator, str]] = {
    Operator.EQ: "is",
    Operator.NE: "is not",
    Operator.GT: "is more than",
    Operator.LT: "is less than",
    Operator.GTE: "is at least",
    Operator.LTE: "is at most",
    Operator.CONTAINS: "contains",
    Operator.IN: "is one of",
    Operator.MATCHES: "matches the pattern",
}


def _words(condition: Condition, titles: Mapping[str, str], *, inner: bool) -> str:
    if isinstance(condition, Comparison):
        return _comparison_words(condition, titles)
    if condition.not_ is not None:
        return f"not ({_words(condition.not_, titles, inner=False)})"
    joined = _joined(condition, titles)
    return f"({joined})" if inner and " " in joined else joined


def _joined(group: Group, titles: Mapping[str, str]) -> str:
    members = (group.all if group.all is not None else group.any) or ()
    if not members:
        return "always" if group.all is not None else "never"
    word = " and " if group.all is not None else " or "
    return word.join(_words(one, titles, inner=len(members) > 1) for one in members)


def _comparison_words(condition: Comparison, titles: Mapping[str, str]) -> str:
    subject = _subject(condition.path, titles)
    if condition.op is Operator.EXISTS:
        return f"{subject} {'has no value' if condition.value is False else 'has a value'}"
    return f"{subject} {_SAYS[condition.op]} {_value_words(condition.value)}"


def _value_words(value: Json) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_value_words, value)) or "an empty list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and number_in(value) is None and not value.startswith("${"):
        return f"“{value}”"
    return as_text(value) or "empty"


def _subject(path: str, titles: Mapping[str, str]) -> str:
    """The thing compared, in words; the path itself where it cannot be read."""
    try:
        names = _variable_names(path) if path.startswith("${") else names_of(compile_path(path))
    except InvalidInput:
        return path
    shown = names[1:] if names[0] in {"inputs", "context"} and len(names) > 1 else names
    first = titles.get(str(shown[0])) or str(shown[0])
    return " ".join([first, *map(_part_words, shown[1:])]).replace("_", " ")


def _variable_names(path: str) -> tuple[str | int | None, ...]:
    pieces = parse(path)
    if len(pieces) != 1 or isinstance(pieces[0], str):
        raise BadCondition(f"{path!r} must be one variable and nothing else.")
    variable = pieces[0]
    return (variable.name, *variable.fields) if variable.name else (variable.root, *variable.parts)


def _part_words(part: str | int | None) -> str:
    if part is None:
        return "(each)"
    return f"no. {part + 1}" if isinstance(part, int) else part
