"""Checks of conditions: comparisons that can never be true, patterns that cannot be used."""

import re
from collections.abc import Iterator

from workflows.conditions import BadCondition, check_pattern, number_in
from workflows.expressions import ExpressionError, kind_of, variables_in
from workflows.schema import Comparison, Condition, Group, Json, LoopStep, Operator
from workflows.validation.findings import Finding
from workflows.validation.references import reference_of, shape_of_reference
from workflows.validation.shapes import inside, kinds_of, words_of
from workflows.validation.subject import Subject
from workflows.validation.templates import (
    Place,
    at_place,
    comparisons,
    conditions,
    flat,
    has_variables,
    members,
)

ORDERING = frozenset({Operator.GT, Operator.GTE, Operator.LT, Operator.LTE})

_ORDERED_KINDS = frozenset({"string", "number", "integer"})
_HOLDING_KINDS = frozenset({"string", "array", "object"})
_DATE = re.compile(r"\d{4}-\d{2}")


def check_comparing(subject: Subject) -> Iterator[Finding]:
    """Literal values and declared types that do not fit the operator, and loops whose condition never changes."""
    for place, condition in conditions(subject.definition):
        yield from _empty_groups(place, condition)
    for place, comparison in comparisons(subject.definition):
        if not has_variables(comparison.value):
            yield from _value(place, comparison)
        yield from _types(place, comparison, subject)
    for loop in subject.steps(LoopStep):
        if loop.config.condition is not None and loop.config.mode != "for_each":
            yield from _loop(loop, loop.config.condition, subject)


def _empty_groups(place: Place, condition: Condition) -> Iterator[Finding]:
    if not isinstance(condition, Group):
        return
    if condition.all == () or condition.any == ():
        yield at_place(place, "empty_condition", always="always" if condition.all == () else "never")
    for inner in members(condition):
        yield from _empty_groups(place, inner)


def _value(place: Place, comparison: Comparison) -> Iterator[Finding]:
    value, op = comparison.value, comparison.op
    if value is None and op in {Operator.CONTAINS, Operator.IN, Operator.MATCHES, *ORDERING}:
        yield at_place(place, "compare_needs_value")
    elif op in ORDERING and not _can_be_ordered(value):
        yield at_place(place, "compare_needs_number", value=_shown(value))
    elif op is Operator.IN and not isinstance(value, list | dict | str):
        yield at_place(place, "compare_needs_list", value=kind_of(value))
    elif op is Operator.MATCHES:
        yield from _pattern(place, value)


def _pattern(place: Place, value: Json) -> Iterator[Finding]:
    try:
        check_pattern(value)
    except BadCondition as error:
        yield at_place(place, "bad_pattern", reason=error.sentence)


def _types(place: Place, comparison: Comparison, subject: Subject) -> Iterator[Finding]:
    kinds, words = _kinds_at(comparison.path, subject)
    allowed = _allowed_kinds(comparison.op)
    if kinds and allowed and not kinds & allowed:
        yield at_place(place, "compare_type_mismatch", path=comparison.path, kind=words)


def _kinds_at(path: str, subject: Subject) -> tuple[frozenset[str], str]:
    try:
        reference = reference_of(path)
    except (BadCondition, ExpressionError):
        return frozenset(), ""
    shape, _ = inside(shape_of_reference(reference, subject), reference.fields)
    if None in reference.fields:
        return frozenset({"array"}), "a list"
    return kinds_of(shape), words_of(shape)


def _allowed_kinds(op: Operator) -> frozenset[str]:
    if op in ORDERING:
        return _ORDERED_KINDS
    return _HOLDING_KINDS if op is Operator.CONTAINS else frozenset()


def _loop(loop: LoopStep, condition: Condition, subject: Subject) -> Iterator[Finding]:
    place = Place(loop, "config.condition", inside=True)
    named = [name for one in flat(condition) for name in _named(one, subject)]
    changing = subject.graph.inside(loop.id)
    if not any(root in {"context", "loop"} or name in changing for root, name in named):
        yield at_place(place, "loop_never_changes", outcome="not at all, or up to its maximum")
    within = [name for root, name in named if root == "steps" and name in changing]
    if loop.config.mode == "while" and within:
        yield at_place(place, "while_before_first", name=within[0])


def _named(comparison: Comparison, subject: Subject) -> Iterator[tuple[str, str]]:
    try:
        reference = reference_of(comparison.path)
        yield reference.root, reference.name
        for variable in variables_in(comparison.value):
            yield variable.root, variable.name or ""
    except (BadCondition, ExpressionError):
        yield "context", ""


def _can_be_ordered(value: Json) -> bool:
    return number_in(value) is not None or (isinstance(value, str) and _DATE.match(value) is not None)


def _shown(value: Json) -> str:
    return f"“{value[:60]}”" if isinstance(value, str) else kind_of(value)
