"""Values as people read them."""

from typing import Any

import pytest

from convergio.values import label, render_json, render_value, size


def test_keys_become_words() -> None:
    assert label("net_revenue") == "Net revenue"


@pytest.mark.parametrize(
    "value", ["<b>x</b>", {"<b>k</b>": "<b>x</b>"}, [{"<b>k</b>": "<b>x</b>"}], ["<b>x</b>"]]
)
def test_nothing_in_a_value_becomes_markup(value: Any) -> None:
    assert "<b>" not in render_value(value)
    assert "<b>" not in render_json(value)


def test_rows_become_a_table_with_all_columns() -> None:
    html = render_value([{"region": "North", "sales": 1200}, {"region": "South", "note": "late"}])
    assert html.count("<th ") == 3
    assert "1,200" in html


def test_long_tables_are_cut_and_say_so() -> None:
    assert "and 50 more rows" in render_value([{"n": number} for number in range(250)])


def test_short_values_become_facts_and_long_ones_sections() -> None:
    html = render_value({"score": 4, "text": "long " * 100})
    assert "<dt>Score</dt>" in html
    assert 'value-name">Text' in html


def test_a_value_nested_deeper_than_anybody_reads_is_shown_as_json() -> None:
    value: Any = ["x" * 200]
    for _ in range(50):
        value = [value]
    assert "code-block" in render_value(value)


def test_very_large_json_is_shortened() -> None:
    assert len(render_json({"a": "x" * 500_000})) < 80_000


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (2e7, "20.0 MB")]
)
def test_sizes(count: float, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("value", "left_out"),
    [
        ({f"k{number}": [{"v": [number]}] for number in range(5_000)}, "and 4,800 more fields"),
        (list(range(5_000)), "and 4,800 more"),
        (["long " * 100] * 201, "and 1 more"),
    ],
)
def test_what_is_left_out_of_something_large_is_counted(value: Any, left_out: str) -> None:
    html = render_value(value)
    assert left_out in html and len(html) < 500_000
    assert "more" not in render_value({"a": 1, "b": [1, 2]})
