"""Run inputs: what a form or a program sends becomes what the workflow declares, or a sentence for each field."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convergio.errors import InvalidInput
from tests.unit.workflows.strategies import INPUT_VALUES, INPUTS
from workflows.inputs import InvalidInputs, check_inputs, label_of
from workflows.schema import InputField, InputType


def declared(**field: Any) -> InputField:
    return InputField.model_validate({"name": "x", "choices": ("a", "b"), **field})


def given_value(value: Any, **field: Any) -> Any:
    return check_inputs([declared(**field)], {"x": value})["x"]


FILE = {"file": "f1", "name": "Table.CSV", "size": 10, "content_type": "text/csv"}


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("string", "hello", "hello"),
        ("string", 12, "12"),
        ("text", "a\nb", "a\nb"),
        ("integer", 3, 3),
        ("integer", " 3 ", 3),
        ("integer", "3.0", 3),
        ("integer", 3.0, 3),
        ("number", "1.5", 1.5),
        ("number", "-2", -2),
        ("number", 2.5, 2.5),
        ("boolean", True, True),
        ("boolean", "on", True),
        ("boolean", "FALSE", False),
        ("boolean", "0", False),
        ("date", "2026-03-31", "2026-03-31"),
        ("choice", "a", "a"),
        ("list", ["a", 1], ["a", 1]),
        ("list", "one\n\n two ", ["one", "two"]),
        ("list", '["a", {"b": 1}]', ["a", {"b": 1}]),
        ("object", {"a": 1}, {"a": 1}),
        ("object", '{"a": 1}', {"a": 1}),
        ("file", FILE, FILE),
        ("file", {**FILE, "path": "/etc/passwd"}, FILE),
    ],
)
def test_values_become_what_is_declared(kind: str, value: Any, expected: Any) -> None:
    found = given_value(value, type=kind)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("string", ["a"], "must be text."),
        ("string", True, "must be text."),
        ("string", "x" * 200_001, "at most 200,000 characters"),
        ("string", "a\x00", "NUL"),
        ("text", "\ud800", "surrogate"),
        ("integer", "3.5", "a whole number."),
        ("integer", "three", "must be a number."),
        ("integer", True, "must be a number."),
        ("integer", "1e400", "must be a number."),
        ("number", "nan", "must be a number."),
        ("number", float("inf"), "finite"),
        ("number", [], "must be a number."),
        ("boolean", "maybe", "true or false"),
        ("boolean", 1, "true or false"),
        ("boolean", [1], "true or false"),
        ("date", "31.03.2026", "must be a date"),
        ("date", "2026-02-30", "must be a date"),
        ("date", 20260331, "must be a date"),
        ("choice", "c", "must be one of: a, b."),
        ("choice", ["a"], "must be one of: a, b."),
        ("list", 3, "must be a list."),
        ("list", "[1,", "must be valid JSON."),
        ("list", "[NaN]", "finite"),
        ("list", "[" * 100_000, "must be valid JSON."),
        ("list", [0] * 100_001, "at most 100,000 entries"),
        ("object", "[1]", "must be an object."),
        ("object", "nope", "must be valid JSON."),
        ("object", [1], "must be an object."),
        ("object", {"a": object()}, "plain JSON"),
        ("file", "f1", "must be an uploaded file."),
        ("file", {"file": 3}, "must be an uploaded file."),
        ("file", {"name": "x"}, "must be an uploaded file."),
    ],
)
def test_what_does_not_fit_is_a_sentence_for_its_field(kind: str, value: Any, words: str) -> None:
    with pytest.raises(InvalidInputs) as caught:
        given_value(value, type=kind, label="The thing")
    (detail,) = caught.value.details
    assert (detail["location"], detail["field"]) == ("/x", "x")
    assert detail["message"].startswith("The thing ")
    assert words in detail["message"]


def test_a_file_must_have_a_declared_ending() -> None:
    assert given_value(FILE, type="file", accept=[".csv", ".tsv"]) == FILE
    with pytest.raises(InvalidInputs, match=r"ends in \.csv or \.tsv"):
        given_value({**FILE, "name": "a.exe"}, type="file", accept=[".csv", ".tsv"])


@pytest.mark.parametrize(
    "value", ["01a1fe91-a7c1-72cc-a167-c2a4925ac14d", " 01A1FE91A7C172CCA167C2A4925AC14D "]
)
def test_the_id_alone_stands_for_a_file(value: str) -> None:
    assert given_value(value, type="file", accept=[".csv"]) == {"file": value.strip()}
    assert given_value({"file": "f1"}, type="file", accept=[".csv"]) == {"file": "f1"}


@pytest.mark.parametrize("missing", [{}, {"x": None}, {"x": ""}, {"x": "  "}])
def test_what_is_not_given_is_the_default_or_nothing(missing: dict[str, Any]) -> None:
    assert check_inputs([declared(default="d", required=True)], missing) == {"x": "d"}
    assert check_inputs([declared()], missing) == {"x": None}
    with pytest.raises(InvalidInputs, match="X is required"):
        check_inputs([declared(required=True)], missing)


def test_all_faults_are_told_at_once_and_unknown_names_too() -> None:
    fields = [declared(name="a", required=True), declared(name="b", type="integer")]
    with pytest.raises(InvalidInputs) as caught:
        check_inputs(fields, {"b": "x", "zzz": 1})
    assert {detail["field"] for detail in caught.value.details} == {"a", "b", "zzz"}
    assert "'zzz' is not an input of this workflow." in caught.value.sentence


@pytest.mark.parametrize("values", [None, [], "x", 3])
def test_inputs_are_an_object(values: object) -> None:
    with pytest.raises(InvalidInputs, match="an object"):
        check_inputs([], values)


def test_a_label_is_made_from_the_name() -> None:
    assert label_of(declared(name="target_market")) == "Target market"
    assert label_of(declared(label="Where")) == "Where"


def test_the_shared_example_inputs_fit() -> None:
    assert check_inputs([InputField.model_validate(one) for one in INPUTS], INPUT_VALUES) == INPUT_VALUES


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.sampled_from(list(InputType)), JSON)
def test_checked_values_pass_the_check_again_unchanged(kind: InputType, value: Any) -> None:
    try:
        checked = given_value(value, type=kind)
    except InvalidInput:
        return
    assert given_value(checked, type=kind) == checked
