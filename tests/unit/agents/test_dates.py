"""Calculating with dates."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.tools.base import ToolError
from agents.tools.current_time import current_time
from agents.tools.date_math import (
    business_days_between,
    date_math,
    plus_business_days,
    plus_months,
)

DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))


def ask(**given: Any) -> dict[str, Any]:
    return dict(asyncio.run(date_math.call(given, None)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "day"),
    [
        ({"days": 30}, "2026-03-02"),
        ({"months": 1}, "2026-02-28"),
        ({"years": 2, "weeks": 1}, "2028-02-07"),
        ({"business_days": 1}, "2026-02-02"),
        ({"business_days": -1}, "2026-01-30"),
        ({}, "2026-01-31"),
    ],
)
def test_spans_are_added(given: dict[str, int], day: str) -> None:
    assert ask(start="2026-01-31", **given)["date"] == day


def test_the_time_between_two_dates() -> None:
    found = ask(start="2026-01-31", end="2026-03-02")
    assert (found["days"], found["whole_months"], found["business_days"]) == (30, 1, 21)


@pytest.mark.parametrize(
    "given",
    [
        {"start": "soon"},
        {"start": "2026-02-30"},
        {"start": "2026-01-01", "days": 10**9},
        {"start": "9999-12-31", "days": 5},
        {"start": "0001-01-01", "years": -3},
        {"start": "2026-01-01", "end": "x"},
    ],
)
def test_impossible_dates_are_a_sentence(given: dict[str, Any]) -> None:
    with pytest.raises(ToolError):
        ask(**given)


@given(DAYS, st.integers(-500, 500))
def test_business_days_never_end_on_a_weekend(day: date, days: int) -> None:
    if days:
        moved = plus_business_days(day, days)
        assert moved.weekday() < 5
        assert (moved > day) == (days > 0)


@given(DAYS, st.integers(1, 500))
def test_business_days_there_and_counted_agree(day: date, days: int) -> None:
    assert business_days_between(day, plus_business_days(day, days)) == days


@given(DAYS, st.integers(-600, 600))
def test_months_keep_the_day_where_they_can(day: date, months: int) -> None:
    moved = plus_months(day, months)
    assert moved.day == day.day or (moved + timedelta(days=1)).day == 1


def test_the_present_time_knows_zone_week_and_quarter() -> None:
    now = asyncio.run(current_time.call({"time_zone": "Europe/Rome"}, None))  # type: ignore[arg-type]
    assert now["iso"].endswith(("+01:00", "+02:00"))
    assert now["quarter"][5] == "Q"


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc/passwd", ""])
def test_an_unknown_zone_is_a_sentence(zone: str) -> None:
    with pytest.raises(ToolError, match="no time zone"):
        asyncio.run(current_time.call({"time_zone": zone}, None))  # type: ignore[arg-type]
