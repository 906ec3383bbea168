"""Guardrails of steps and runs, timeouts, service levels."""

from datetime import timedelta

import pytest

from executions.engine import Usage, next_due
from executions.engine.effects import CancelStep
from executions.engine.events import EventType
from tests.unit.engine.build import agent, approval, started, step

USED = Usage(requests=3, prompt_tokens=90, completion_tokens=20, tool_calls=2, cost=0.5)
PASSED = [
    ("max_requests", 2, "3 model requests; its limit is 2."),
    ("max_tokens", 100, "110 tokens; its limit is 100."),
    ("max_tool_calls", 1, "2 tool calls; its limit is 1."),
    ("max_cost", 0.25, "0.5 US dollars; its limit is 0.25."),
]
KEPT = [("max_requests", 3), ("max_tokens", 110), ("max_tool_calls", 2), ("max_cost", 0.5)]


@pytest.mark.parametrize(("limit", "allowed", "figures"), PASSED)
def test_a_step_that_used_more_than_it_may_fails_with_the_figures(
    limit: str, allowed: float, figures: str
) -> None:
    world = started(agent("a", guardrails={limit: allowed}, retry={"attempts": 3}))
    world.succeed("a", usage=USED)
    assert world.state.error is not None
    assert world.state.error["code"] == f"guardrail_{limit}"
    assert world.state.error["message"] == f"“A” used {figures}"
    [event] = world.events(EventType.GUARDRAIL_BREACHED)
    assert (event.path, event.data["limit"], event.data["allowed"]) == ("a", limit, allowed)


@pytest.mark.parametrize(("limit", "allowed"), KEPT)
def test_a_limit_that_is_just_reached_is_kept(limit: str, allowed: float) -> None:
    world = started(agent("a", guardrails={limit: allowed}), guardrails={limit: allowed})
    world.succeed("a", usage=USED)
    assert world.status == "completed"


def test_a_steps_limit_counts_all_its_attempts() -> None:
    world = started(agent("a", guardrails={"max_requests": 3}, retry={"attempts": 3, "backoff_s": 0}))
    world.fail("a", usage=Usage(requests=2))
    world.settle()
    world.fail("a", usage=Usage(requests=2))
    assert world.state.error is not None and world.state.error["code"] == "guardrail_max_requests"


@pytest.mark.parametrize(("limit", "allowed", "figures"), PASSED)
def test_a_run_that_used_more_than_it_may_stops_but_keeps_what_was_made(
    limit: str, allowed: float, figures: str
) -> None:
    world = started(agent("a"), agent("b"), agent("c"), flow="a > c", guardrails={limit: allowed})
    world.succeed("a", "made", usage=USED)
    assert world.state.error == {
        "code": f"guardrail_{limit}",
        "message": f"The run used {figures}",
        "step": "",
    }
    assert world.phases() == {"a": "succeeded", "b": "cancelled"}
    assert world.step("a").output == "made"


def test_a_breach_is_caught_by_the_steps_own_policy() -> None:
    world = started(
        agent("a", guardrails={"max_requests": 1}, on_error={"action": "continue", "default": "cheap"})
    )
    world.succeed("a", usage=USED)
    assert world.state.outputs == {"a": "cheap"}
    assert world.state.usage == USED


def test_an_attempt_that_takes_too_long_is_stopped_and_fails() -> None:
    world = started(agent("a", timeout_s=30))
    world.wait(29)
    assert world.running == ["a"]
    world.wait(1)
    assert world.effects[1] == CancelStep("a", 0)
    assert world.state.error == {
        "code": "timeout",
        "message": "“A” took longer than the 30 seconds it is allowed.",
        "step": "a",
    }


def test_each_attempt_has_the_whole_timeout() -> None:
    world = started(agent("a", timeout_s=30, retry={"attempts": 2, "backoff_s": 10, "jitter": 0}))
    world.wait(30)
    assert world.work == {}
    world.wait(10)
    assert world.job("a").attempt == 2
    world.wait(29)
    assert world.running == ["a"]
    world.wait(1)
    assert world.status == "failed"


def test_a_steps_wall_time_spans_its_attempts() -> None:
    world = started(
        agent(
            "a",
            guardrails={"max_wall_s": 20},
            retry={"attempts": 9, "backoff_s": 8, "jitter": 0, "factor": 1},
        )
    )
    for _ in range(2):
        world.fail("a")
        world.wait(8)
    world.wait(4)
    assert world.state.error == {
        "code": "guardrail_max_wall_s",
        "message": "“A” took longer than the 20 seconds of its limit.",
        "step": "a",
    }
    assert CancelStep("a", 0) in world.effects


def test_a_run_past_its_wall_time_is_timed_out() -> None:
    world = started(agent("a"), approval("gate"), guardrails={"max_wall_s": 60})
    world.wait(59)
    assert world.status == "running"
    world.wait(1)
    assert world.status == "timed_out"
    assert world.phases() == {"a": "cancelled", "gate": "cancelled"}
    assert world.state.error == {
        "code": "guardrail_max_wall_s",
        "message": "The run took longer than the 60 seconds it is allowed.",
        "step": "",
    }
    assert world.told_parent == 1


def test_a_service_level_is_breached_once_and_the_step_goes_on() -> None:
    world = started(agent("a", sla={"target_s": 10}, retry={"attempts": 2, "backoff_s": 0}))
    world.wait(10)
    [event] = world.events(EventType.SLA_BREACHED)
    assert (event.path, event.data["target_s"]) == ("a", 10)
    assert next_due(world.state) is None
    world.fail("a")
    world.settle()
    world.wait(60)
    assert len(world.events(EventType.SLA_BREACHED)) == 1
    world.succeed("a")
    assert world.status == "completed"


def test_a_run_that_takes_too_long_is_told_once_and_goes_on() -> None:
    world = started(agent("a"), sla={"target_s": 10})
    assert next_due(world.state) == world.now + timedelta(seconds=10)
    world.wait(10)
    [event] = world.events(EventType.SLA_BREACHED)
    assert (event.path, event.data) == ("", {"target_s": 10})
    assert next_due(world.state) is None
    world.wait(60)
    assert len(world.events(EventType.SLA_BREACHED)) == 1
    world.succeed("a")
    assert world.status == "completed"


def test_a_service_level_runs_through_retries() -> None:
    world = started(agent("a", sla={"target_s": 10}, retry={"attempts": 2, "backoff_s": 60, "jitter": 0}))
    world.fail("a")
    world.wait(10)
    assert world.phase("a") == "retrying"
    assert len(world.events(EventType.SLA_BREACHED)) == 1


def test_the_earliest_timer_is_what_is_due_next() -> None:
    world = started(step("wait", "w", seconds=50), agent("a", timeout_s=20), agent("b", sla={"target_s": 30}))
    due = next_due(world.state)
    assert due is not None and (due - world.now).total_seconds() == 20
    world.succeed("a")
    due = next_due(world.state)
    assert due is not None and (due - world.now).total_seconds() == 30


def test_all_timers_that_have_come_are_looked_at_together() -> None:
    world = started(
        step("wait", "one", seconds=5), step("wait", "two", seconds=6), agent("a"), flow="two > a"
    )
    world.wait(10)
    assert world.phases() == {"one": "succeeded", "two": "succeeded", "a": "running"}
