"""Calculating with dates."""

import calendar
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from agents.tools.base import ToolError, tool
from agents.tools.current_time import described

MOST_DAYS = 400_000


def parse_date(text: str) -> date:
    """Return a date written in ISO 8601, with or without a time. Raises ToolError."""
    try:
        return datetime.fromisoformat(text.strip()).date()
    except ValueError as error:
        raise ToolError(f"“{text}” is no date; write it like 2026-03-31.") from error


def plus_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the month's last day when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise ToolError("The date would leave the calendar.")
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


def plus_business_days(day: date, days: int) -> date:
    """Return the day so many Mondays to Fridays away; public holidays count as business days."""
    step = 1 if days > 0 else -1
    weeks, rest = divmod(abs(days), 5)
    day += timedelta(weeks=weeks * step)
    while day.weekday() > 4 and not rest:
        day -= timedelta(days=step)
    for _ in range(rest):
        day += timedelta(days=step)
        while day.weekday() > 4:
            day += timedelta(days=step)
    return day


def business_days_between(start: date, end: date) -> int:
    """Return how many Mondays to Fridays lie after `start` up to and including `end`; negative backwards."""
    if end < start:
        return -business_days_between(end, start)
    weeks, rest = divmod((end - start).days, 7)
    return weeks * 5 + sum((start + timedelta(days=at)).weekday() < 5 for at in range(1, rest + 1))


def _moved(day: date, *, days: int, weeks: int, months: int, years: int, business_days: int) -> date:
    if abs(days) > MOST_DAYS or abs(weeks) > MOST_DAYS // 7 or abs(business_days) > MOST_DAYS:
        raise ToolError(f"At most {MOST_DAYS:,} days can be added.")
    try:
        moved = plus_months(day, months + 12 * years) + timedelta(days=days, weeks=weeks)
        return plus_business_days(moved, business_days) if business_days else moved
    except OverflowError as error:
        raise ToolError("The date would leave the calendar.") from error


def _difference(start: date, end: date) -> dict[str, Any]:
    days = (end - start).days
    whole = (end.year - start.year) * 12 + end.month - start.month
    if plus_months(start, whole) > end:
        whole -= 1
    return {"days": days, "weeks": round(days / 7, 2), "whole_months": whole} | {
        "business_days": business_days_between(start, end)
    }


@tool(slug="date_math")
def date_math(
    start: Annotated[str, "A date such as 2026-03-31"],
    *,
    days: int = 0,
    weeks: int = 0,
    months: int = 0,
    years: int = 0,
    business_days: Annotated[int, "Mondays to Fridays; public holidays are not known"] = 0,
    end: Annotated[str, "Give it to learn how much time lies between start and end"] = "",
) -> dict[str, Any]:
    """Add a span to a date (negative numbers go back), or tell the time between two dates."""
    first = parse_date(start)
    if end:
        return {"start": first.isoformat(), "end": parse_date(end).isoformat()} | _difference(
            first, parse_date(end)
        )
    moved = _moved(first, days=days, weeks=weeks, months=months, years=years, business_days=business_days)
    facts = described(datetime.combine(moved, datetime.min.time()))
    return {"start": first.isoformat()} | {
        name: facts[name] for name in ("date", "weekday", "week", "quarter")
    }
