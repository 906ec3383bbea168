"""Numbers and times as people read them."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from convergio.templatetags import ui


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0.42, "0.4 s"),
        (12, "12 s"),
        (200, "3 min 20 s"),
        (120, "2 min"),
        (7500, "2 h 5 min"),
        (270_000, "3 d 3 h"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert ui.duration(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(None, "$0"), (0, "$0"), (0.00001, "< $0.0001"), (0.0123, "$0.0123"), (12.5, "$12.50")],
)
def test_money_keeps_the_digits_that_matter(amount: float | None, text: str) -> None:
    assert ui.money(amount) == text


@pytest.mark.parametrize(
    ("count", "text"), [(None, "0"), (950, "950"), (1000, "1k"), (1234, "1.2k"), (3.4e6, "3.4M")]
)
def test_counts(count: float | None, text: str) -> None:
    assert ui.compact(count) == text


@pytest.mark.parametrize(
    ("away", "text"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=-2), "in 2 h"),
        (timedelta(days=3), "3 d ago"),
        (timedelta(days=40), "10 Apr"),
    ],
)
def test_moments(away: timedelta, text: str) -> None:
    now = datetime(2026, 5, 20, 12, tzinfo=UTC)
    assert ui.relative(now - away, now) == text


def test_a_category_always_has_the_same_colour() -> None:
    assert ui.tone("data") == ui.tone("Data") == "tone-teal"
    assert ui.tone("anything else") == ui.tone("anything else")


def test_what_has_not_ended_took_no_time_yet() -> None:
    assert ui.took(SimpleNamespace(started_at=datetime.now(UTC), ended_at=None)) is None


def test_an_unknown_state_is_shown_by_its_name() -> None:
    assert "Half done" in ui.status("half_done")
