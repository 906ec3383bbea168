"""The values of the newest run, in short, for the editor."""

from typing import Any

import pytest

from executions.views.samples import MOST_ENTRIES, MOST_TEXT, short
from executions.worker import Worker
from tests.executions.flows import agent, chain, ended, published, start
from tests.pages import browser
from tests.people import Cast

INPUTS = [{"name": "topic", "type": "text"}]


def test_before_any_run_nothing_was_seen(cast: Cast) -> None:
    published(cast, chain(agent("write")))
    assert browser(cast.eve).get("/workflows/flow/seen/").json() == {}


def test_the_newest_run_shows_what_it_was_given_and_what_it_gave(cast: Cast, worker: Worker) -> None:
    run = start(cast, chain(agent("write", "done"), inputs=INPUTS), {"topic": "Rain"})
    ended(run)
    seen = browser(cast.eve).get("/workflows/flow/seen/").json()
    assert seen["run"] == 1
    assert seen["inputs"] == {"topic": "Rain"}
    assert seen["steps"]["write"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 500, "x" * MOST_TEXT + "…"),
        (list(range(100)), list(range(MOST_ENTRIES))),
        ({"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}, {"a": {"b": {"c": {"d": {"e": "…"}}}}}),
        (None, None),
        (5, 5),
    ],
)
def test_long_values_are_shown_in_short(value: Any, shown: Any) -> None:
    assert short(value) == shown
