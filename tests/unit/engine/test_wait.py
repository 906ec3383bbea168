"""Wait steps: for a length of time, for a moment, for an event."""

from typing import Any

import pytest

from executions.engine import Rejection, compile_plan, next_due
from executions.engine.commands import Fork, Received
from tests.unit.engine.build import agent, started, step
from tests.unit.engine.world import BEGINNING, World
from workflows.schema import Definition


def test_a_wait_for_seconds_ends_when_they_are_over() -> None:
    world = started(step("wait", "pause", seconds=60), agent("a"), flow="pause > a")
    assert world.status == "waiting"
    assert next_due(world.state) is not None
    world.wait(59)
    assert world.phase("pause") == "waiting"
    world.wait(1)
    assert world.running == ["a"]
    assert world.step("pause").output == {"waited_until": "2026-01-01T09:01:00+00:00"}


@pytest.mark.parametrize(
    "until",
    [
        "2026-01-01T10:00:00Z",
        "2026-01-01T10:00:00",
        "2026-01-01T11:00:00+01:00",
        " 2026-01-01T10:00:00+00:00 ",
    ],
)
def test_a_wait_until_a_moment_understands_zones_and_takes_utc_without_one(until: str) -> None:
    world = started(step("wait", "pause", until="${inputs.when}"), inputs={"when": until})
    assert next_due(world.state) == BEGINNING.replace(hour=10)
    world.wait(3600)
    assert world.status == "completed"


def test_a_moment_that_has_passed_is_due_at_once() -> None:
    world = started(step("wait", "pause", until="2020-01-01T00:00:00Z"))
    world.settle()
    assert world.status == "completed"


def test_a_moment_that_cannot_be_read_fails_with_an_example() -> None:
    world = started(step("wait", "pause", until="tomorrow"))
    assert world.state.error is not None
    assert world.state.error["code"] == "bad_time"
    assert "tomorrow" in world.state.error["message"]


@pytest.mark.parametrize("until", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "", "12", "${x"])
def test_no_text_makes_the_engine_stumble(until: str) -> None:
    world = started(step("wait", "pause", until="${inputs.when}"), inputs={"when": until})
    assert world.state.error is not None and world.state.error["code"] == "bad_time"


@pytest.mark.parametrize("seconds", ["5", None, True, -1, 1e99, float("nan"), [1]])
def test_seconds_that_a_fork_has_spoiled_fail_the_step(seconds: Any) -> None:
    world = World(compile_plan(Definition.model_validate({"steps": [step("wait", "pause", seconds=5)]})))
    world.send(Fork({}, "pause", edited={"seconds": seconds}))
    assert world.state.error is not None and world.state.error["code"] == "bad_time"


def event(**more: Any) -> dict[str, Any]:
    return step("wait", "pause", event="order.paid", **more)


def test_an_event_lets_every_step_that_waits_for_it_go_on_with_its_payload() -> None:
    other = step("wait", "other", event="order.lost")
    world = started(event(), event() | {"id": "too"}, other, agent("a"), flow="pause > a")
    world.send(Received("order.paid", {"id": 7}))
    assert world.step("pause").output == world.step("too").output == {"id": 7}
    assert world.phase("other") == "waiting"
    assert world.running == ["a"]


def test_an_event_that_nobody_waits_for_is_refused() -> None:
    world = started(event())
    answer = world.offer(Received("order.lost"))
    assert isinstance(answer, Rejection) and answer.kind == "not_waiting"


def test_an_event_that_does_not_come_takes_the_timeout_port() -> None:
    world = started(
        event(expires_s=30), agent("late"), agent("good"), flow="pause.timeout > late, pause > good"
    )
    world.wait(30)
    assert world.running == ["late"]
    assert world.phase("good") == "skipped"


def test_an_event_that_does_not_come_fails_where_nothing_follows_the_timeout() -> None:
    world = started(event(expires_s=30))
    world.wait(30)
    assert world.state.error is not None and world.state.error["code"] == "event_expired"


def test_an_event_that_ends_the_run_is_not_delivered_further() -> None:
    world = started(event(), event() | {"id": "too", "output_schema": {"type": "string"}})
    world.send(Received("order.paid", 5))
    assert world.status == "failed"
    assert world.logged().count("run.failed") == 1
