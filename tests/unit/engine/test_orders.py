"""Orders from people: cancel, pause, resume, retry from failed; and what is refused."""

import pytest

from executions.engine import Clock, Rejection, RunState, Transition, advance, next_due, pending_effects
from executions.engine.commands import (
    Cancel,
    Command,
    Due,
    Fork,
    Pause,
    Received,
    Resume,
    RetryFailed,
    Start,
    Succeeded,
)
from executions.engine.effects import CancelStep, RunStep, TellParent, WithdrawRequest
from executions.engine.events import EventType
from tests.unit.engine.build import agent, approval, started, step
from tests.unit.engine.build import world as made
from tests.unit.engine.world import BEGINNING, World


def test_cancel_stops_everything_for_good() -> None:
    world = started(agent("a"), approval("gate"), step("wait", "w", seconds=5), agent("b"), flow="a > b")
    world.send(Cancel("wrong customer"))
    assert world.status == "cancelled"
    assert set(world.phases().values()) == {"cancelled"}
    stopped = [effect for effect in world.effects if not isinstance(effect, RunStep)]
    assert (
        CancelStep("a", 0) in stopped
        and WithdrawRequest("gate", 0) in stopped
        and stopped[-1] == TellParent()
    )
    assert world.events(EventType.RUN_CANCELLED)[0].data == {"reason": "wrong customer"}
    assert world.state.ended_at == world.now
    assert next_due(world.state) is None


def test_a_run_that_has_not_begun_can_be_cancelled_but_not_revived() -> None:
    world = made(agent("a"))
    world.send(Cancel())
    assert world.status == "cancelled"
    answer = world.offer(RetryFailed())
    assert isinstance(answer, Rejection) and answer.kind == "not_allowed"


def test_while_paused_results_are_taken_and_nothing_new_starts() -> None:
    world = started(agent("a"), agent("b"), flow="a > b")
    world.send(Pause())
    assert world.status == "paused"
    world.succeed("a", "A")
    assert world.phase("a") == "succeeded"
    assert world.running == []
    world.send(Resume())
    assert (world.status, world.running) == ("running", ["b"])


def test_while_paused_timers_hold() -> None:
    world = started(agent("a", retry={"attempts": 2, "backoff_s": 1}), step("wait", "w", seconds=1))
    world.fail("a")
    world.send(Pause())
    assert next_due(world.state) is None
    assert world.wait(60).events == ()
    world.send(Resume())
    world.settle()
    assert world.running == ["a"]
    assert world.phase("w") == "succeeded"


def test_a_paused_run_whose_last_step_ends_is_complete() -> None:
    world = started(agent("a"))
    world.send(Pause())
    world.succeed("a")
    assert world.status == "completed"


def test_a_paused_loop_begins_no_further_pass() -> None:
    world = started(step("loop", "each", items=[1, 2]), agent("work", parent="each"))
    world.send(Pause())
    world.succeed("each[0].work")
    assert world.running == []
    world.send(Resume())
    assert world.running == ["each[1].work"]


def test_a_run_that_waits_for_people_waits_again_after_a_pause() -> None:
    world = started(approval("gate"))
    world.send(Pause())
    world.send(Resume())
    assert world.status == "waiting"
    assert [event.type for event in world.log[-2:]] == [EventType.RUN_RESUMED, EventType.RUN_WAITING]


def test_a_retry_revives_exactly_what_failed_and_what_was_cancelled() -> None:
    world = started(
        agent("good"), agent("bad"), agent("slow"), approval("gate"), agent("end"),
        flow="good > end, bad > end, slow > end",
    )  # fmt: skip
    world.succeed("good", "kept")
    world.fail("bad")
    done = world.send(RetryFailed())
    assert world.status == "running"
    assert world.running == ["bad", "slow"]
    assert {path: world.step(path).attempt for path in ("good", "bad", "slow")} == {
        "good": 1,
        "bad": 2,
        "slow": 2,
    }
    assert list(world.requests) == [("gate", 1)]
    assert done.events[0].type is EventType.RUN_REVIVED
    assert done.events[0].data["paths"] == ["bad", "gate", "slow"]
    world.succeed("bad")
    world.succeed("slow")
    assert world.running == ["end"]
    assert world.state.error is None and world.state.ended_at is None


def test_a_revived_step_has_all_its_attempts_again() -> None:
    world = started(agent("a", retry={"attempts": 2, "backoff_s": 0}))
    for _ in range(2):
        world.settle()
        world.fail("a")
    assert world.status == "failed"
    world.send(RetryFailed())
    world.fail("a")
    assert world.phase("a") == "retrying"
    world.settle()
    assert world.job("a").attempt == 4


def test_a_rejected_approval_is_asked_again_in_a_new_round() -> None:
    world = started(agent("a"), approval("gate"), flow="a > gate")
    world.succeed("a")
    world.decide("gate", "rejected", "no")
    world.send(RetryFailed())
    assert list(world.requests) == [("gate", 1)]
    world.decide("gate")
    assert world.status == "completed"


def test_a_retry_goes_into_containers_and_passes() -> None:
    world = started(
        step("loop", "each", items=["a", "b", "c"], concurrency=2),
        agent("one", parent="each"), agent("two", parent="each"), flow="one > two",
    )  # fmt: skip
    world.succeed("each[0].one")
    world.fail("each[1].one")
    assert world.status == "failed"
    world.send(RetryFailed())
    assert world.running == ["each[0].two", "each[1].one"]
    world.succeed("each[1].one")
    for path in ("each[0].two", "each[1].two", "each[2].one", "each[2].two"):
        world.succeed(path, path)
    assert world.state.outputs == {"each": ["each[0].two", "each[1].two", "each[2].two"]}


def test_what_was_caught_is_not_revived() -> None:
    world = started(
        step("parallel", "fan", wait_for="any") | {"on_error": {"action": "port"}},
        agent("a", parent="fan"), agent("b", parent="fan"),
        step("loop", "each", items=[1, 2], on_item_error="skip"), agent("work", parent="each"), agent("end"),
    )  # fmt: skip
    world.fail("fan.a")
    world.fail("each[0].work")
    world.fail("end")
    world.send(RetryFailed())
    assert world.running == ["each[1].work", "end"]
    assert world.phase("fan") == "failed"
    assert world.phase("each[0]") == "failed"


def test_a_cancelled_and_a_timed_out_run_can_be_revived_with_fresh_time() -> None:
    world = started(agent("a"), guardrails={"max_wall_s": 10})
    world.wait(10)
    assert world.status == "timed_out"
    world.send(RetryFailed())
    due = next_due(world.state)
    assert due is not None and (due - world.now).total_seconds() == 10
    world.send(Cancel())
    world.send(RetryFailed())
    assert world.job("a").attempt == 3


def test_a_run_that_was_ended_without_the_engine_is_revived_whole() -> None:
    world = started(agent("a"), approval("gate"))
    world.state.status = type(world.state.status).FAILED
    world.restart()
    world.requests.clear()
    world.send(RetryFailed())
    assert world.job("a").attempt == 2
    assert list(world.requests) == [("gate", 1)]


def test_a_run_that_failed_at_its_outputs_is_completed_by_a_retry_that_can() -> None:
    world = started(agent("a"), outputs={"x": "${inputs.nope}"})
    world.succeed("a")
    assert world.status == "failed"
    assert world.state.error is not None and world.state.error["code"] == "missing_variable"
    world.state.inputs["nope"] = "there"
    world.send(RetryFailed())
    assert world.state.outputs == {"x": "there"}


ENDED = "The run has already ended: it is completed."


@pytest.mark.parametrize(
    "command", [Start({}), Succeeded("a", 0, 1, "x"), Due(), Cancel(), Pause(), Resume(), Received("e")],
    ids=lambda command: type(command).__name__,
)  # fmt: skip
def test_nothing_happens_to_a_run_that_has_ended(command: Command) -> None:
    world = started(agent("a"))
    world.succeed("a")
    assert world.offer(command) == Rejection("ended", ENDED)


@pytest.mark.parametrize(
    ("prepare", "command", "sentence"),
    [
        ((), Start({}), "The run has already begun."),
        ((), Fork({}, "a"), "The run has already begun."),
        ((), Resume(), "The run must be paused, but it is running."),
        (
            (),
            RetryFailed(),
            "The run must be failed, cancelled or timed out after it began, but it is running.",
        ),
        ((Pause(),), Pause(), "The run is already paused."),
    ],
    ids=["start twice", "fork twice", "resume", "retry", "pause twice"],
)
def test_an_order_that_does_not_fit_is_refused_with_a_reason(
    prepare: tuple[Command, ...], command: Command, sentence: str
) -> None:
    world = started(agent("a"))
    for one in prepare:
        world.send(one)
    before = len(world.log)
    assert world.offer(command) == Rejection("not_allowed", sentence)
    assert len(world.log) == before


def test_a_completed_run_cannot_be_retried() -> None:
    world = started()
    answer = world.offer(RetryFailed())
    assert isinstance(answer, Rejection) and answer.kind == "not_allowed"


def test_a_queued_run_takes_no_results_and_has_no_timers() -> None:
    world = made(agent("a"))
    answer = world.offer(Succeeded("a", 0, 1, "x"))
    assert answer == Rejection("not_allowed", "The run has not begun yet.")
    due = world.send(Due())
    assert due.events == ()
    assert next_due(world.state) is None


def test_what_is_pending_is_told_again_to_whoever_takes_the_run_over() -> None:
    world = started(
        agent("a"), approval("gate"), step("wait", "w", seconds=5), step("workflow", "sub", workflow="other"),
        step("parallel", "fan", wait_for="any"), agent("b", parent="fan"), approval("lost", parent="fan"),
    )  # fmt: skip
    first = [effect for effect in world.effects if getattr(effect, "path", "") in ("a", "gate", "sub")]
    world.succeed("fan.b")
    world.restart()
    again = pending_effects(world.plan, world.state)
    assert sorted(map(repr, again)) == sorted(map(repr, [*first, WithdrawRequest("fan.lost", 0)]))


def test_an_ended_run_tells_its_parent_again() -> None:
    world = started(approval("gate"))
    world.send(Cancel())
    assert pending_effects(world.plan, world.state) == [WithdrawRequest("gate", 0), TellParent()]


def test_a_rejection_changes_nothing() -> None:
    world = started(agent("a"))
    before = repr(world.state)
    for command in (Resume(), Start({}), Succeeded("b", 0, 1, ""), RetryFailed(), Received("x")):
        assert isinstance(world.offer(command), Rejection)
    assert repr(world.state) == before


def test_the_transition_carries_the_time_of_the_clock() -> None:
    world = made(agent("a"))
    done = advance(world.plan, RunState(), Start({}), Clock(BEGINNING))
    assert isinstance(done, Transition)
    assert done.at == BEGINNING
    assert isinstance(world, World)
