"""Steps that ask a person in the middle of their work, at a limit, or when they have failed."""

from datetime import timedelta
from typing import Any

import pytest

from executions.engine import Rejection, Usage
from executions.engine.commands import Answered, Asked, Cancel, Fork, Pause, RetryFailed, Used
from executions.engine.effects import CancelStep, OpenRequest, RunStep, WithdrawRequest
from executions.engine.events import EventType
from tests.unit.engine.build import agent, approval, started, step
from tests.unit.engine.world import World

PAID = Usage(1, 100, 20, 0, 0.5)
BUDGET = {"max_cost": 0.4, "on_breach": "ask"}
REPAIR = {"action": "ask", "assignees": ["group:ops"], "expires_s": 600}


def jobs(world: World) -> list[tuple[str, int, int]]:
    """Each time a runner was asked to work: path, attempt, and how often the step had asked."""
    return [(one.path, one.attempt, one.asked) for one in world.effects if isinstance(one, RunStep)]


def refused(world: World, command: Any) -> str:
    answer = world.offer(command)
    assert isinstance(answer, Rejection)
    return answer.kind


# In the middle of the work


def test_a_step_that_asks_waits_and_goes_on_in_the_same_attempt() -> None:
    world = started(agent("a"), agent("b"), flow="a > b")
    done = world.asks("a", usage=PAID)
    assert world.phase("a") == "waiting" and world.status == "waiting"
    [request] = done.effects
    assert isinstance(request, OpenRequest)
    assert (request.kind, request.question) == ("tool", "send.1")
    assert request.input["assignees"] == ["starter", "role:approver"]
    assert request.input["expires_s"] == 86_400
    world.answer("a")
    assert world.phase("a") == "running" and world.status == "running"
    assert jobs(world) == [("a", 1, 0), ("a", 1, 1)]
    assert world.step("a").state["answers"]["send"]["status"] == "approved"
    world.succeed("a", "sent", usage=Usage())
    world.succeed("b")
    assert world.status == "completed"
    assert world.state.usage.requests == 1


def test_one_step_may_ask_several_times_and_each_has_its_own_request() -> None:
    world = started(agent("a"))
    world.asks("a", "send")
    first = world.question("a")
    world.answer("a", "rejected")
    world.asks("a", "who", "question")
    assert world.question("a") != first
    world.answer("a", "submitted", answer="Ada")
    answers = world.step("a").state["answers"]
    assert answers["send"]["status"] == "rejected"
    assert answers["who"]["form"] is None or answers["who"]["form"] == {"answer": "Ada"}
    assert jobs(world)[-1] == ("a", 1, 2)


def test_steps_side_by_side_ask_each_for_itself() -> None:
    world = started(agent("a"), agent("b"))
    world.asks("a")
    assert world.status == "running"
    world.asks("b")
    assert world.status == "waiting"
    world.answer("b")
    assert (world.phase("a"), world.phase("b")) == ("waiting", "running")


@pytest.mark.parametrize(("question", "round"), [("send.2", 0), ("send", 0), ("send.1", 1), ("", 0)])
def test_an_answer_to_something_else_comes_too_late(question: str, round: int) -> None:
    world = started(agent("a"))
    world.asks("a")
    assert refused(world, Answered("a", round, question, "approved")) == "stale"


def test_only_the_attempt_that_runs_may_ask_and_only_what_is_known() -> None:
    world = started(agent("a"))
    assert refused(world, Asked("a", 0, 2, "send", "tool", {})) == "stale"
    assert refused(world, Asked("a", 0, 1, "send", "approval", {})) == "not_allowed"


def test_time_to_answer_is_no_time_of_the_attempt_but_counts_for_the_limit_of_time() -> None:
    world = started(agent("a", timeout_s=10, guardrails={"max_wall_s": 1_000}))
    world.asks("a")
    world.wait(100)
    assert world.phase("a") == "waiting"
    world.answer("a")
    world.wait(9)
    assert world.phase("a") == "running"
    world.asks("a", "more")
    done = world.wait(1_000)
    assert WithdrawRequest("a", 0, "more.2") in done.effects
    assert world.state.error is not None and world.state.error["code"] == "guardrail_max_wall_s"


def test_cancelling_withdraws_and_a_retry_asks_anew() -> None:
    world = started(agent("a"))
    world.asks("a")
    done = world.send(Cancel("no"))
    assert WithdrawRequest("a", 0, "send.1") in done.effects and CancelStep("a", 0) in done.effects
    assert not world.requests
    world.send(RetryFailed())
    assert world.phase("a") == "running"
    world.asks("a")
    assert world.question("a") == "send.2", "the request that was withdrawn is not taken for this one"


def test_what_works_during_a_pause_may_be_answered() -> None:
    world = started(agent("a"), agent("b"), flow="a > b")
    world.asks("a")
    world.send(Pause())
    world.answer("a")
    world.succeed("a")
    assert world.status == "paused" and world.phase("b") == "absent"


def test_a_new_round_knows_no_answers_of_the_one_before() -> None:
    world = started(agent("a"), approval("gate", revise="a"), flow="a > gate")
    world.asks("a")
    world.answer("a")
    world.succeed("a")
    world.decide("gate", "changes_requested", "again")
    assert "answers" not in world.step("a").state
    world.asks("a")
    assert world.requests["a", 1].question == "send.1"


def test_a_fork_asks_again_where_it_runs_anew() -> None:
    world = started(agent("a"), agent("b"), flow="a > b")
    for path in ("a", "b"):
        world.asks(path)
        world.answer(path)
        world.succeed(path)
    copy = World(world.plan)
    copy.send(Fork({}, "b", tuple(world.rows.values())))
    assert (copy.phase("a"), copy.phase("b")) == ("succeeded", "running")
    assert "answers" not in copy.step("b").state and not copy.requests


def test_another_attempt_keeps_what_was_answered() -> None:
    world = started(agent("a", retry={"attempts": 2, "backoff_s": 0, "jitter": 0}))
    world.asks("a")
    world.answer("a")
    world.fail("a")
    world.wait(1)
    assert world.step("a").attempt == 2
    assert world.step("a").state["answers"]["send"]["status"] == "approved"


# Limits


def test_a_limit_that_was_passed_is_raised_and_nothing_is_done_twice() -> None:
    world = started(agent("a", guardrails=BUDGET), agent("b"), flow="a > b")
    world.succeed("a", "out", PAID)
    [request] = world.requests.values()
    assert request.kind == "limit"
    assert request.input["form"]["properties"]["more"]["default"] == 0.4
    world.answer("a", answer="top_up", more=1.0)
    assert world.phase("a") == "succeeded" and world.step("a").output == "out"
    assert jobs(world) == [("a", 1, 0), ("b", 1, 0)]
    assert world.step("a").state["granted"] == {"max_cost": 1.0}
    assert world.state.usage.cost == 0.5


def test_too_little_more_asks_again() -> None:
    world = started(agent("a", guardrails=BUDGET))
    world.succeed("a", "out", PAID)
    world.answer("a", more=0.05)
    [request] = world.requests.values()
    more = request.input["form"]["properties"]["more"]
    assert (more["default"], more["description"]) == (0.4, "On top of the 0.45 that are allowed so far.")
    world.answer("a", more=0.05)
    assert world.status == "completed"


@pytest.mark.parametrize("form", [{}, {"more": "lots"}, {"more": -3}, {"more": True}, {"more": 1e300}])
def test_without_a_number_that_makes_sense_the_limit_is_allowed_again(form: dict[str, Any]) -> None:
    world = started(agent("a", guardrails=BUDGET))
    world.succeed("a", "out", PAID)
    world.answer("a", **form)
    assert world.step("a").state["granted"] == {"max_cost": 0.4}


@pytest.mark.parametrize("status", ["rejected", "timed_out"])
def test_a_limit_that_nobody_raises_stops_the_step_as_its_policies_have_it(status: str) -> None:
    world = started(
        agent("a", guardrails=BUDGET, on_error={"action": "port"}), agent("b"), flow="a.error > b"
    )
    world.succeed("a", "out", PAID)
    world.answer("a", status, more=100)
    assert world.phase("a") == "failed" and world.phase("b") == "running"


def test_a_call_that_would_pass_the_limit_is_made_once_more_is_allowed() -> None:
    world = started(agent("a", guardrails={"max_requests": 3, "on_breach": "ask"}))
    world.fail("a", "guardrail_requests", retryable=False, usage=Usage(3, 10, 5, 0, 0.1))
    assert world.phase("a") == "waiting"
    world.answer("a", more=2)
    assert jobs(world)[-1] == ("a", 1, 1)
    assert world.events(EventType.GUARDRAIL_RAISED)[0].data["by_now"] == 5


def test_a_limit_of_the_run_is_raised_for_all_who_wait_for_it() -> None:
    world = started(agent("a"), agent("b"), agent("c"), flow="a > c", guardrails=BUDGET)
    world.succeed("a", "out", PAID)
    world.fail("b", "guardrail_cost", retryable=False)
    assert world.status == "waiting" and len(world.requests) == 2
    done = world.answer("a", more=10)
    assert [one for one in done.effects if isinstance(one, WithdrawRequest)] == [
        WithdrawRequest("b", 0, "run-max_cost.1")
    ]
    assert (world.phase("a"), world.phase("b"), world.phase("c")) == ("succeeded", "running", "running")
    assert world.state.extra["granted"] == {"max_cost": 10}
    world.restart()
    world.succeed("b", "out", PAID)
    world.succeed("c", "out", PAID)
    assert world.status == "completed"


def test_a_limit_of_the_run_that_nobody_raises_ends_the_run() -> None:
    world = started(agent("a", on_error={"action": "continue"}), agent("b"), guardrails=BUDGET)
    world.succeed("a", "out", PAID)
    world.answer("a", "rejected")
    assert world.status == "failed" and not world.work
    assert world.state.error is not None and world.state.error["code"] == "guardrail_max_cost"


def test_only_steps_that_spend_ask_for_more() -> None:
    world = started(agent("a"), approval("gate"), flow="", guardrails=BUDGET)
    world.send(Used("a", 0, PAID))
    world.decide("gate")
    assert world.phase("gate") == "succeeded"
    world.succeed("a")
    assert world.question("a") == "run-max_cost.1"


def test_of_two_limits_the_one_that_is_reached_decides_whether_to_ask() -> None:
    stops = agent("a", guardrails={"max_requests": 1, "on_breach": "stop"})
    world = started(stops, guardrails={"max_requests": 5, "on_breach": "ask"})
    world.fail("a", "guardrail_requests", retryable=False, usage=Usage(1, 0, 0, 0, 0))
    assert world.status == "failed"


# Repair


def failed(*steps: dict[str, Any], flow: str = "") -> World:
    world = started(*steps, flow=flow)
    world.fail("a", retryable=False, usage=PAID)
    return world


def test_a_failed_step_asks_who_is_named() -> None:
    world = failed(agent("a", on_error=REPAIR), agent("b"), flow="a > b")
    assert world.phase("a") == "waiting" and world.status == "waiting"
    [request] = world.requests.values()
    assert (request.kind, request.input["assignees"], request.input["expires_s"]) == (
        "repair",
        ["group:ops"],
        600,
    )
    assert [one["id"] for one in request.input["answers"]] == ["retry", "retry_edited", "skip", "give_up"]
    assert request.input["form"]["properties"]["input"]["default"] == world.step("a").input


def test_retries_of_the_step_come_before_the_question() -> None:
    world = started(agent("a", on_error=REPAIR, retry={"attempts": 2, "backoff_s": 0, "jitter": 0}))
    world.fail("a")
    assert world.phase("a") == "retrying"
    world.wait(1)
    world.fail("a")
    world.answer("a", answer="retry")
    world.wait(0)
    assert world.step("a").attempt == 3
    world.fail("a")
    assert world.phase("a") == "retrying", "the retry begins its policy anew"


def test_a_retry_may_have_another_input() -> None:
    world = failed(agent("a", on_error=REPAIR))
    world.answer("a", answer="retry_edited", input={"prompt": "Shorter."})
    world.wait(0)
    assert world.job("a").input["prompt"] == "Shorter." and world.job("a").input["agent"] == "writer"
    assert world.job("a").attempt == 2
    world.succeed("a")
    assert world.status == "completed"


def test_a_skipped_step_counts_as_done_with_the_value() -> None:
    world = failed(agent("a", on_error=REPAIR), agent("b", prompt="${steps.a.output.x}"), flow="a > b")
    world.answer("a", answer="skip", value={"x": "made up"})
    assert world.phase("a") == "succeeded"
    assert world.job("b").input["prompt"] == "made up"


def test_a_value_that_is_not_as_declared_is_asked_for_again() -> None:
    world = failed(agent("a", on_error=REPAIR, output_schema={"type": "object", "required": ["x"]}))
    world.answer("a", answer="skip", value="nonsense")
    assert world.phase("a") == "waiting"
    world.answer("a", answer="skip", value={"x": 1})
    assert world.status == "completed"


@pytest.mark.parametrize(
    ("status", "answer"),
    [("rejected", "give_up"), ("timed_out", ""), ("rejected", "retry"), ("approved", "give_up")],
)
def test_giving_up_or_no_answer_fails_the_run_as_ever(status: str, answer: str) -> None:
    world = failed(agent("a", on_error=REPAIR))
    world.answer("a", status, answer=answer)
    assert world.status == "failed"
    assert world.state.error is not None and world.state.error["code"] == "broken"
    assert world.state.usage.cost == 0.5, "what was paid is counted once"


def test_an_approval_cannot_be_skipped_and_is_asked_anew_on_retry() -> None:
    world = started(approval("gate", on_error=REPAIR), agent("b"), flow="gate.approved > b")
    world.decide("gate", "rejected")
    request = world.requests["gate", 0]
    assert [one["id"] for one in request.input["answers"]] == ["retry", "give_up"]
    world.answer("gate", answer="skip")
    world.wait(0)
    assert world.requests["gate", 1].kind == "approval"
    world.decide("gate")
    assert world.phase("b") == "running"


def test_a_late_decision_is_none_while_the_gate_is_being_repaired() -> None:
    from executions.engine.commands import Decided

    world = started(approval("gate", on_error=REPAIR))
    world.decide("gate", "rejected")
    assert refused(world, Decided("gate", 0, "approved")) == "stale"


def test_a_container_is_repaired_by_what_failed_in_it() -> None:
    outer = step("parallel", "fan") | {"on_error": REPAIR}
    world = started(outer, agent("good", parent="fan"), agent("bad", parent="fan"))
    world.succeed("fan.good")
    world.fail("fan.bad", retryable=False)
    assert world.phase("fan") == "waiting"
    world.answer("fan", answer="retry")
    world.wait(0)
    assert world.running == ["fan.bad"]
    world.succeed("fan.bad")
    assert world.status == "completed"


def test_a_step_that_was_stopped_is_stopped_before_anybody_is_asked() -> None:
    world = started(agent("a", on_error=REPAIR, timeout_s=5))
    world.now += timedelta(seconds=6)
    done = world.wait(0)
    kinds = [type(effect) for effect in done.effects]
    assert kinds == [CancelStep, OpenRequest]
    assert not world.work
