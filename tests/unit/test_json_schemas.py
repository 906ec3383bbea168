"""JSON Schemas that users wrote: checked, never fetching anything, never hanging."""

import time
from typing import Any

import pytest
import re2

from convergio.json_schemas import LONGEST_KEPT, compile_pattern, pattern_fault, schema_fault, value_faults


def deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"properties": {"x": schema}}
    return schema


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (3, "is an object"),
        ({"type": "objct"}, "/type: 'objct' is not one of"),
        ({"required": "a"}, "/required"),
        ({"$ref": "https://example.com/schema"}, "nothing is fetched"),
        ({"properties": {"a": {"$ref": "file:///etc/passwd"}}}, "nothing is fetched"),
        ({"$ref": "#/$defs/no"}, "finds nothing"),
        ({"$ref": "#"}, "leads back to itself"),
        ({"properties": {"a": {"$ref": "#/$defs/no"}}}, "'#/$defs/no' finds nothing"),
        ({"properties": {"a": {"items": {"$ref": "#nobody"}}}}, "'#nobody' finds nothing"),
        ({"properties": {"a": {"anyOf": [{"$ref": "#/allOf/x"}]}}, "allOf": [{}]}, "finds nothing"),
        ({"type": "object", "properties": {"a": {"$ref": "#/type"}}}, "finds nothing"),
        ({"$defs": {"a": {"$ref": "#/$defs/no"}}}, "finds nothing"),
        ({"properties": {"a": {"$ref": "#/properties/a"}}}, "leads back to itself"),
        (
            {"items": {"$ref": "#/$defs/a"}, "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}},
            "leads back to itself",
        ),
        ({"pattern": "(?=a)"}, "cannot be used"),
        ({"items": [{"pattern": "("}]}, "cannot be used"),
        ({"patternProperties": {"a": {}}}, "patternProperties is not supported"),
        ({"unevaluatedProperties": False}, "unevaluatedProperties is not supported"),
        (deep(60), "more than 40 levels"),
    ],
)
def test_a_schema_that_cannot_be_used_says_why(schema: Any, words: str) -> None:
    assert words in schema_fault(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {
            "type": "object",
            "properties": {"patternProperties": {"type": "string"}, "$ref": {"type": "string"}},
        },
        {"enum": [{"$ref": "https://example.com"}], "default": {"patternProperties": 1}},
        {"$defs": {"a": {"type": "string"}}, "properties": {"x": {"$ref": "#/$defs/a"}}},
        {"properties": {"child": {"$ref": "#"}}},
        {"properties": {"a": {"$ref": "#word"}}, "$defs": {"w": {"$anchor": "word", "type": "string"}}},
        {"$id": "https://example.com/a", "items": {"$ref": "#/$defs/x~1y"}, "$defs": {"x/y": True}},
        {"pattern": "^a+$"},
        deep(15),
    ],
)
def test_a_usable_schema_has_no_fault(schema: Any) -> None:
    assert schema_fault(schema) == ""


def test_a_schema_that_is_changed_in_place_is_checked_anew() -> None:
    schema = {"type": "object"}
    assert schema_fault(schema) == ""
    schema["type"] = "objct"
    assert "is not one of" in schema_fault(schema)
    schema["type"] = "object"
    assert schema_fault(schema) == ""


@pytest.mark.parametrize("pair", [(1, True), (1, 1.5), ("1", 1)])
def test_values_that_only_look_alike_are_not_taken_for_each_other(pair: tuple[Any, Any]) -> None:
    fine, wrong = ({"minLength": pair[0]}, {"minLength": pair[1]})
    assert schema_fault(fine) != schema_fault(wrong)
    assert schema_fault(fine) != schema_fault(wrong)


def test_a_schema_is_checked_however_long_it_is_and_whatever_it_holds() -> None:
    long = {"description": "x" * 2 * LONGEST_KEPT, "type": "objct"}
    odd = {"const": float("nan"), "default": {1, 2}, "type": "objct"}
    round_and_round: dict[str, Any] = {"type": "object"}
    round_and_round["items"] = round_and_round
    assert "is not one of" in schema_fault(long)
    assert "is not one of" in schema_fault(odd)
    assert "nested more than" in schema_fault(round_and_round)


def test_values_that_do_not_fit_are_told_with_their_place() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "list": {"items": {"pattern": "^y"}}},
        "required": ["c"],
    }
    assert value_faults({"a": 1, "list": ["y", "x", 3]}, schema) == [
        {"location": "/a", "message": "1 is not of type 'string'"},
        {"location": "/list/1", "message": "'x' does not match '^y'"},
        {"location": "", "message": "'c' is a required property"},
    ]
    assert value_faults({"c": 1}, schema) == []


def test_the_number_of_faults_and_their_length_are_limited() -> None:
    assert len(value_faults(["x" * 10_000] * 200, {"items": {"type": "integer"}})) == 50
    (fault,) = value_faults("x" * 10_000, {"type": "integer"}, most=1)
    assert len(fault["message"]) < 400


@pytest.mark.parametrize(
    "schema",
    [{"$ref": "#"}, {"$ref": "https://example.com/x"}, {"pattern": "("}, {"type": "objct"}, {"required": 3}],
)
def test_an_unusable_schema_is_a_fault_and_not_a_trace(schema: Any) -> None:
    values: tuple[Any, ...] = ("a", {}, [])
    for value in values:
        value_faults(value, schema)
    assert value_faults("a", {"$ref": "https://example.com/x"}) == [
        {"location": "", "message": "the schema itself cannot be used"}
    ]


def test_patterns_take_linear_time() -> None:
    started = time.process_time()
    assert value_faults("a" * 100_000 + "!", {"pattern": "^(a+)+$"})
    assert time.process_time() - started < 2


def test_a_pattern_is_compiled_or_says_why_not() -> None:
    assert pattern_fault("a+") == ""
    assert "cannot be used" in pattern_fault("(")
    with pytest.raises(re2.error):
        compile_pattern("(")


def doubling(levels: int) -> dict[str, Any]:
    links = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(levels)}
    return {"$ref": "#/$defs/a0", "$defs": {**links, f"a{levels}": {"type": "string"}}}


def test_references_that_double_at_each_level_are_refused() -> None:
    assert "multiply" in schema_fault(doubling(25))


def test_inner_references_that_double_at_each_level_are_refused() -> None:
    schema = doubling(25)
    inner = {"properties": {"a": {"$ref": schema["$ref"]}}, "$defs": schema["$defs"]}
    assert "multiply" in schema_fault(inner)


def test_a_long_chain_of_references_is_refused() -> None:
    links: dict[str, Any] = {f"a{n}": {"$ref": f"#/$defs/a{n + 1}"} for n in range(200)}
    schema = {"properties": {"x": {"$ref": "#/$defs/a0"}}, "$defs": {**links, "a200": {}}}
    assert "follow each other more than 100 times" in schema_fault(schema)


def test_thousands_of_references_are_followed_quickly() -> None:
    words = {f"w{n}": {"$anchor": f"w{n}", "type": "string"} for n in range(3_000)}
    properties = {f"p{n}": {"$ref": f"#w{n}" if n % 2 else f"#/$defs/w{n}"} for n in range(3_000)}
    started = time.process_time()
    assert schema_fault({"properties": properties, "$defs": words}) == ""
    assert time.process_time() - started < 10


def test_a_value_that_leads_down_doubling_references_is_refused() -> None:
    node = {"properties": {"c": {"allOf": [{"$ref": "#/$defs/node"}] * 2}}}
    value: dict[str, Any] = {}
    for _ in range(30):
        value = {"c": value}
    (fault,) = value_faults(value, {"$ref": "#/$defs/node", "$defs": {"node": node}})
    assert "references" in fault["message"]


def test_many_values_may_share_a_reference() -> None:
    schema = {"items": {"$ref": "#/$defs/word"}, "$defs": {"word": {"type": "string"}}}
    assert value_faults(["x"] * 5_000, schema) == []
