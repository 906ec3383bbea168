"""JSON Schema as users write it, made safe: nothing is fetched for a `$ref`, patterns take linear time. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from contextvars import ContextVar
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from itertools import islice
from typing import Any, Final

import re2
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import SchemaError, UnknownType, best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

MAX_DEPTH: Final = 40
MAX_REFERENCES: Final = 10_000
"""How often one check of a value may follow a `$ref`; references that double at each level know no end."""

MAX_KEPT: Final = 64
"""Validators that are kept ready."""

LONGEST_KEPT: Final = 20_000
"""Characters of a schema whose fault is remembered; one that is longer is checked each time."""

MAX_CHAIN: Final = 100
"""How many schemas may lead to each other, by `$ref`, `allOf` and the like, for one and the same value."""

_followed: ContextVar[int] = ContextVar("_followed", default=0)
_validators: dict[int, Draft202012Validator] = {}
"""By the identity of the schema, which a validator holds, so that no other can have it meanwhile."""
_NOTHING_ELSE: Final[Registry[Any]] = Registry()
"""No schema but the one at hand can be referred to."""


class _TooManyReferences(ValueError):
    """A check followed more references than it may."""


_UNUSABLE: Final = (
    Unresolvable,
    UnknownType,
    RecursionError,
    TypeError,
    AttributeError,
    ValueError,
    re.error,
    re2.error,
)
"""What the library raises for a schema that was never checked."""

_REFUSED: Final = ("patternProperties", "$dynamicRef", "unevaluatedProperties", "unevaluatedItems")


def schema_fault(schema: Any) -> str:
    """Why a schema cannot be used, as a sentence without its full stop; "" when it can."""
    with suppress(TypeError, ValueError, RecursionError):
        text = json.dumps(schema, allow_nan=False)
        if len(text) <= LONGEST_KEPT:
            return _fault_of_text(text)
    return _fault_of(schema)


@lru_cache(maxsize=256)
def _fault_of_text(text: str) -> str:
    """The same by the text alone, kept because a draft's schemas are checked with each of its changes."""
    return _fault_of(json.loads(text))


def _fault_of(schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return "a JSON Schema is an object"
    fault = next(_faults_inside(schema, 0), "")
    if fault:
        return fault
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        found = best_match(error.context) or error
        return f"{_place(found) or 'the schema'}: {found.message[:300]}"
    return _reference_fault(schema)


def value_faults(value: Any, schema: Mapping[str, Any], *, most: int = 50) -> list[dict[str, str]]:
    """Where a value does not fit a schema: {"location": JSON pointer, "message"}; empty when it fits."""
    _followed.set(0)
    try:
        found = list(islice(_validator(schema).iter_errors(value), most))
    except _TooManyReferences:
        return [{"location": "", "message": f"checking this takes more than {MAX_REFERENCES:,} references"}]
    except _UNUSABLE:
        return [{"location": "", "message": "the schema itself cannot be used"}]
    return [{"location": _place(error), "message": _words(error)} for error in found]


def pattern_fault(pattern: str) -> str:
    """Why a regular expression cannot be used; "" when it can."""
    try:
        compile_pattern(pattern)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        return f"the pattern {pattern!r} cannot be used: {reason}"
    return ""


def _validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """The validator of this very schema, kept because it takes longer to make than to use."""
    known = _validators.get(id(schema))
    if known is None or known.schema is not schema:
        if len(_validators) >= MAX_KEPT:
            _validators.clear()
        known = _validators[id(schema)] = _Validator(schema, registry=_NOTHING_ELSE)
    return known


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not compile_pattern(pattern).search(value):
        yield ValidationError(f"{value[:100]!r} does not match {pattern!r}")


def _reference(validator: Any, reference: str, value: Any, _: Any) -> Iterator[ValidationError]:
    _followed.set(_followed.get() + 1)
    if _followed.get() > MAX_REFERENCES:
        raise _TooManyReferences
    yield from validator._validate_reference(ref=reference, instance=value)


_Validator: Final = extend(Draft202012Validator, {"pattern": _pattern, "$ref": _reference})  # type: ignore[no-untyped-call]


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Any:
    """A regular expression that searches in linear time, whatever it is. Raises re2.error."""
    options = re2.Options()
    options.max_mem = 1 << 20
    options.log_errors = False
    return re2.compile(pattern, options)


def _faults_inside(schema: Any, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        yield f"it is nested more than {MAX_DEPTH} levels deep"
    elif isinstance(schema, Mapping):
        yield from _keyword_faults(schema)
        for key, inner in schema.items():
            yield from _faults_inside_key(key, inner, depth)
    elif isinstance(schema, list | tuple):
        for inner in schema:
            yield from _faults_inside(inner, depth + 1)


def _faults_inside_key(key: str, inner: Any, depth: int) -> Iterator[str]:
    """Under `properties` and `$defs` the keys are names; under `const`, `enum` and the like all is data."""
    if key in {"properties", "$defs", "dependentSchemas"} and isinstance(inner, Mapping):
        for one in inner.values():
            yield from _faults_inside(one, depth + 2)
    elif key not in {"const", "enum", "default", "examples"}:
        yield from _faults_inside(inner, depth + 1)


def _keyword_faults(schema: Mapping[str, Any]) -> Iterator[str]:
    for keyword in _REFUSED:
        if keyword in schema:
            yield f"{keyword} is not supported"
    reference = schema.get("$ref")
    if isinstance(reference, str) and not reference.startswith("#"):
        yield f"$ref {reference!r} points outside of the schema, and nothing is fetched"
    if isinstance(schema.get("pattern"), str):
        yield from filter(None, [pattern_fault(schema["pattern"])])


def _reference_fault(schema: Mapping[str, Any]) -> str:
    """Why its references cannot be followed, wherever they stand; each schema in it is looked at once."""
    try:
        schemas, targets = _followed_references(schema)
    except _UNUSABLE:
        return "its $id or one of its references cannot be read"
    for one in schemas.values():
        if "$ref" in one and not isinstance(targets.get(id(one)), Mapping | bool):
            return f"$ref {one['$ref']!r} finds nothing"
    graph = {key: [id(inner) for inner in _of_same_value(one, targets)] for key, one in schemas.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError:
        return "a $ref leads back to itself"
    return _growth_fault(order, graph, targets)


def _followed_references(schema: Mapping[str, Any]) -> tuple[dict[int, Mapping[str, Any]], dict[int, Any]]:
    """Every schema in a schema, and to each that refers (by its identity) what it refers to."""
    root = DRAFT202012.create_resource(schema)
    registry: Registry[Any] = Registry().with_resource(root.id() or "", root).crawl()
    schemas: dict[int, Mapping[str, Any]] = {}
    targets: dict[int, Any] = {}
    waiting = [(root.contents, registry.resolver(root.id() or ""))]
    while waiting:
        one, resolver = waiting.pop()
        if not isinstance(one, Mapping) or id(one) in schemas:
            continue
        schemas[id(one)] = one
        resource = DRAFT202012.create_resource(one)
        resolver = resolver.in_subresource(resource)
        waiting.extend((inner, resolver) for inner in DRAFT202012.subresources_of(one))
        with suppress(Unresolvable, ValueError, TypeError, LookupError):
            found = resolver.lookup(one["$ref"])
            targets[id(one)] = found.contents
            waiting.append((found.contents, found.resolver))
    return schemas, targets


def _of_same_value(schema: Mapping[str, Any], targets: Mapping[int, Any]) -> Iterator[Mapping[str, Any]]:
    """The schemas that look at the very value that a schema looks at, and not at something inside of it."""
    single = [schema.get(key) for key in ("not", "if", "then", "else")]
    lists = [one for key in ("allOf", "anyOf", "oneOf") for one in schema.get(key, ())]
    named = schema.get("dependentSchemas", {}).values()
    for one in (*single, *lists, *named, targets.get(id(schema))):
        if isinstance(one, Mapping):
            yield one


def _growth_fault(order: Iterable[int], graph: Mapping[int, list[int]], targets: Mapping[int, Any]) -> str:
    """Why checking one value would not end; `order` has each schema after those that it leads to."""
    many: dict[int, int] = {}
    deep: dict[int, int] = {}
    for key in order:
        many[key] = (key in targets) + sum(many[inner] for inner in graph[key])
        deep[key] = 1 + max((deep[inner] for inner in graph[key]), default=0)
        if many[key] > MAX_REFERENCES:
            return "its references multiply without an end"
        if deep[key] > MAX_CHAIN:
            return f"its references follow each other more than {MAX_CHAIN} times"
    return ""


def _place(error: ValidationError | SchemaError) -> str:
    return "".join(f"/{part}" for part in error.absolute_path)


def _words(error: ValidationError) -> str:
    """The library's message, which repeats the value, kept to a readable length."""
    message = error.message
    return message if len(message) <= 300 else f"{message[:140]} … {message[-140:]}"
