"""What was paid is counted, whatever became of the step that paid it."""

from executions.engine import Rejection, Usage
from executions.engine.commands import Cancel, RetryFailed, Used
from executions.engine.effects import TellParent
from executions.engine.events import EventType
from tests.unit.engine.build import agent, approval, started, step, world

PAID = Usage(requests=1, prompt_tokens=10, completion_tokens=5, cost=0.25)


def test_what_a_stopped_step_paid_counts_for_it_and_for_the_run() -> None:
    made = started(agent("one"))
    made.send(Cancel("no"))
    done = made.send(Used("one", 0, PAID))
    assert [event.type for event in done.events] == [EventType.USAGE_COUNTED]
    assert made.step("one").usage == PAID
    assert made.state.usage == PAID
    assert (made.status, made.phase("one")) == ("cancelled", "cancelled")


def test_a_round_that_is_over_is_added_to() -> None:
    made = started(agent("draft"), approval("gate", revise="draft"), flow="draft > gate")
    made.succeed("draft", usage=PAID)
    made.decide("gate", "changes_requested", "again")
    made.send(Used("draft", 0, PAID))
    assert made.rows["draft", 0]["usage"]["requests"] == 2
    assert made.step("draft").usage == Usage()
    assert made.state.usage.cost == 0.5


def test_a_pass_that_has_left_the_state_is_added_to() -> None:
    made = started(step("loop", "each", items=[1, 2]), agent("work", parent="each"))
    made.succeed("each[0].work", "A")
    assert made.send(Used("each[0].work", 0, PAID)).late == (("each[0].work", 0, PAID),)
    assert made.state.usage == PAID


def test_what_comes_late_can_pass_the_limit_of_a_run() -> None:
    made = started(agent("one"), agent("two"), guardrails={"max_cost": 0.1})
    made.send(Used("one", 0, PAID))
    assert made.state.error is not None and made.state.error["code"] == "guardrail_max_cost"
    assert made.running == []


def test_an_ended_run_that_grows_tells_whoever_started_it_and_stays_ended() -> None:
    made = started(agent("one"), guardrails={"max_cost": 0.1})
    made.fail("one", retryable=False)
    done = made.send(Used("one", 0, PAID))
    assert done.effects == (TellParent(),)
    assert made.state.error is not None and made.state.error["code"] == "broken"


def test_a_step_that_is_tried_again_keeps_what_it_paid() -> None:
    made = started(agent("one"))
    made.send(Cancel("no"))
    made.send(Used("one", 0, PAID))
    made.send(RetryFailed())
    made.succeed("one", usage=PAID)
    assert made.step("one").usage.requests == 2
    assert made.state.usage.requests == 2


def test_a_run_that_has_not_begun_has_paid_nothing() -> None:
    assert isinstance(world(agent("one")).offer(Used("one", 0, PAID)), Rejection)
