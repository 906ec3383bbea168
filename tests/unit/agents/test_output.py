"""JSON out of what models say, and how schemas are put to them."""

import pytest

from agents.providers.json_schema import LONGEST_LIST, LONGEST_TEXT, bounded, is_strict
from agents.runtime.output import extract, findings, parse

OBJECT = {
    "type": "object",
    "properties": {"a": {"type": "integer"}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("[1, 2]", [1, 2]),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('Well, {not json} but {"a": {"b": [1]}} fits', {"a": {"b": [1]}}),
        ("42", 42),
    ],
)
def test_json_is_found(text: str, value: object) -> None:
    assert extract(text) == (value, "")


@pytest.mark.parametrize("text", ["", "   ", "no", '{"a": 1', "[" * 100_000])
def test_no_json_is_said_not_raised(text: str) -> None:
    value, trouble = extract(text)
    assert value is None
    assert trouble


def test_findings_name_the_place() -> None:
    assert findings(OBJECT, {"a": 1}) == []
    assert any("a" in finding for finding in findings(OBJECT, {"a": "x"}))
    assert parse('{"a": "x"}', OBJECT)[1]


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"$ref": "http://127.0.0.1:1/x"}, {"pattern": "("}])
def test_a_wrong_schema_is_a_finding(schema: dict[str, object]) -> None:
    assert findings(schema, "x")


def test_strict_needs_closed_objects_with_everything_required() -> None:
    assert is_strict(OBJECT)
    assert not is_strict({"type": "object", "properties": {"a": {"type": "object"}}, "required": ["a"]})
    assert not is_strict(OBJECT | {"required": []})


def test_a_bounded_schema_comes_to_an_end() -> None:
    schema = {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "maxLength": {"type": "array", "items": {"type": "string"}},
            "share": {"type": "number", "minimum": 0, "maximum": 1},
            "kind": {"type": "string", "enum": ["a"]},
        },
    }
    limited = bounded(schema)
    assert limited["additionalProperties"] is False
    assert limited["properties"]["title"] == {"type": "string", "maxLength": LONGEST_TEXT, "minLength": 1}
    assert limited["properties"]["maxLength"]["maxItems"] == LONGEST_LIST
    assert limited["properties"]["share"]["enum"][3] == 0.3
    assert limited["properties"]["kind"] == {"type": "string", "enum": ["a"]}
    assert "maxLength" not in schema["properties"]["title"]  # type: ignore[index]
