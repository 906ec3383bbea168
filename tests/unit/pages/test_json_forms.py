"""Forms made from JSON Schemas."""

from typing import Any

import pytest

from convergio.json_forms import fields_of, values_from

SCHEMA = {
    "type": "object",
    "required": ["amount"],
    "properties": {
        "amount": {"type": "number", "title": "Amount in euros"},
        "reason": {"type": "string", "maxLength": 2000},
        "urgency": {"enum": ["low", "high"]},
        "level": {"enum": [1, 2]},
        "agreed": {"type": "boolean"},
        "names": {"type": "array"},
        "extra": {"type": "object"},
        "on": {"type": "string", "format": "date"},
    },
}


def test_each_property_gets_its_field() -> None:
    kinds = {field.name: field.kind for field in fields_of(SCHEMA, {}, {})}
    assert kinds == {
        "amount": "number",
        "reason": "text",
        "urgency": "choice",
        "level": "choice",
        "agreed": "boolean",
        "names": "list",
        "extra": "object",
        "on": "date",
    }


def test_answers_get_the_type_that_was_asked_for() -> None:
    posted = {"amount": "12.5", "level": "2", "agreed": "on", "names": "Ada\nBen\n", "extra": '{"a": 1}'}
    assert values_from(SCHEMA, {f"form-{key}": value for key, value in posted.items()}) == {
        "amount": 12.5,
        "level": 2,
        "agreed": True,
        "names": ["Ada", "Ben"],
        "extra": {"a": 1},
    }


def test_what_is_no_number_is_left_for_the_check_to_refuse() -> None:
    assert values_from(SCHEMA, {"form-amount": "a lot"})["amount"] == "a lot"


def test_a_field_shows_what_was_filled_in_and_what_is_wrong() -> None:
    [field] = [
        one for one in fields_of(SCHEMA, {"amount": 3}, {"amount": "too small"}) if one.name == "amount"
    ]
    assert (field.value, field.error, field.required, field.label) == (
        3,
        "too small",
        True,
        "Amount in euros",
    )


@pytest.mark.parametrize(
    "schema", [None, {}, {"properties": []}, {"type": "string"}, {"properties": {"a": 5}}]
)
def test_a_schema_that_is_no_form_breaks_nothing(schema: Any) -> None:
    assert all(field.kind == "object" for field in fields_of(schema, {}, {}))
