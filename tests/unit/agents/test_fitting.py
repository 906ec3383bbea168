"""Making prompts fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.runtime.fitting import caps, cut, estimate


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("word", 1), ("internationalisation", 4), ("a, b", 3), ("2026", 4)]
)
def test_tokens_are_estimated_on_the_safe_side(text: str, tokens: int) -> None:
    assert estimate(text) == tokens


def test_foreign_scripts_count_more() -> None:
    assert estimate("日本語") > estimate("abc")


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=20), st.integers(0, 20_000))
def test_caps_fit_the_budget_and_never_exceed_a_part(sizes: list[int], budget: int) -> None:
    limits = caps(sizes, budget)
    assert sum(limits) <= max(budget, 0) or sum(sizes) <= budget
    assert all(limit <= size for limit, size in zip(limits, sizes, strict=True))


def test_the_largest_parts_give_first() -> None:
    assert caps([10, 1_000, 20], 100) == [10, 70, 20]


@given(st.text(max_size=3_000), st.integers(40, 400))
def test_a_cut_text_fits(text: str, tokens: int) -> None:
    assert estimate(cut(text, tokens)) <= tokens


def test_the_middle_goes_and_says_so() -> None:
    kept = cut("BEGIN " + "filler " * 5_000 + " END", 200)
    assert kept.startswith("BEGIN")
    assert kept.endswith("END")
    assert "characters left out here" in kept


def test_what_fits_is_left_alone() -> None:
    assert cut("short", 40) == "short"
