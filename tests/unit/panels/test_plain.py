"""Numbers, lengths of time and values as people write them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.panels.fields import Field
from workflows.panels.forms import Form
from workflows.panels.kinds import KINDS
from workflows.panels.kinds.plain import duration_text, seconds_of
from workflows.panels.kinds.values import NotReadable, text_of, value_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90 s", 90),
        ("5 min", 300),
        ("5m", 300),
        ("1 h 30 min", 5400),
        ("1h30m", 5400),
        ("2 days", 172_800),
        (" 0.5 h ", 1800),
        ("1e2", 100),
        ("0", 0),
    ],
)
def test_a_length_of_time_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "5 parsecs", "-5", "1,5 h", "nan", "inf", "5 min !", "٣ min", "1" * 60]
)
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    assert seconds_of(text) is None


@given(st.floats(0.001, 366 * 86_400))
def test_every_length_of_time_survives(seconds: float) -> None:
    assert seconds_of(duration_text(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"), [(86_400, "1 d"), (5400, "90 min"), (1.5, "1.5 s"), (None, ""), (0, "0 s")]
)
def test_a_length_of_time_is_said_in_its_largest_even_unit(seconds: float | None, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ('"5"', "5"),
        ("true", True),
        ("Hello ${inputs.name}", "Hello ${inputs.name}"),
        ("${item}", "${item}"),
        ("[1, 2]", [1, 2]),
        ('{"a": "${item}"}', {"a": "${item}"}),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
    ],
)
def test_a_value_is_json_where_it_can_be_and_words_else(text: str, value: Any) -> None:
    assert value_of(text) == value
    assert value_of(text_of(value)) == value


@pytest.mark.parametrize("text", ["{a: 1}", "[1, 2", '"open', '{"a": 1e999}', '"\\ud800"', "[" * 5000])
def test_what_only_begins_like_json_is_no_text_by_accident(text: str) -> None:
    with pytest.raises(NotReadable):
        value_of(text)


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        ("integer", "many", "whole number"),
        ("integer", "1.5", "whole number"),
        ("number", "1e999", "number"),
        ("number", "٣", ""),
        ("duration", "soon", "length of time"),
        ("value", "{", "begins like JSON"),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_field(kind: str, text: str, sentence: str) -> None:
    field, form = Field("x", "X", kind), Form({"x": text})
    KINDS[kind].read(field, form)
    assert sentence in form.faults.get("x", "")
