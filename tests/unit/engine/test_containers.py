"""Parallel and sequential containers."""

from typing import Any

import pytest

from executions.engine.effects import CancelStep, WithdrawRequest
from tests.unit.engine.build import agent, approval, condition, started, step
from tests.unit.engine.world import World


def fan(count: int = 3, **config: Any) -> World:
    branches = [agent(f"b{n}", parent="fan") for n in range(count)]
    return started(step("parallel", "fan", **config), *branches, agent("end"), flow="fan > end")


def test_the_steps_of_a_parallel_container_run_at_once_and_are_joined() -> None:
    world = fan()
    assert world.running == ["fan.b0", "fan.b1", "fan.b2"]
    for path in ("fan.b1", "fan.b0"):
        world.succeed(path, path)
        assert "end" not in world.running
    world.succeed("fan.b2", "last")
    assert world.step("fan").output == {"b0": "fan.b0", "b1": "fan.b1", "b2": "last"}
    assert world.running == ["end"]


@pytest.mark.parametrize(("wait_for", "count"), [("any", 1), ({"first": 2}, 2), ({"first": 3}, 3)])
def test_it_ends_when_enough_branches_have_ended_and_stops_the_rest(wait_for: object, count: int) -> None:
    world = fan(wait_for=wait_for)
    for number in range(count):
        assert world.phase("fan") == "running"
        world.succeed(f"fan.b{number}", number)
    assert world.phase("fan") == "succeeded"
    assert world.running == ["end"]
    stopped = [f"b{number}" for number in range(count, 3)]
    assert [effect for effect in world.effects if isinstance(effect, CancelStep)] == [
        CancelStep(f"fan.{one}", 0) for one in stopped
    ]
    assert world.step("fan").output == {f"b{n}": n if n < count else None for n in range(3)}


def test_an_early_end_withdraws_what_people_were_asked() -> None:
    world = started(
        step("parallel", "fan", wait_for="any"), approval("gate", parent="fan"), agent("a", parent="fan")
    )
    world.succeed("fan.a")
    assert WithdrawRequest("fan.gate", 0) in world.effects
    assert world.requests == {}
    assert world.status == "completed"


def test_only_the_last_step_of_a_branch_counts_as_its_end() -> None:
    world = started(
        step("parallel", "fan", wait_for="any"), agent("a", parent="fan"), agent("a2", parent="fan"),
        agent("b", parent="fan"), flow="a > a2",
    )  # fmt: skip
    world.succeed("fan.a")
    assert world.phase("fan") == "running"
    world.succeed("fan.a2", "won")
    assert world.step("fan").output == {"a2": "won", "b": None}


def test_a_wait_for_more_branches_than_came_ends_with_all_of_them() -> None:
    world = started(
        step("parallel", "fan", wait_for={"first": 2}),
        condition("check", yes=("$.inputs.n", "gt", 5)) | {"parent": "fan"},
        agent("a", parent="fan"), agent("b", parent="fan"), flow="check.yes > a, check.else > b", inputs={"n": 1},
    )  # fmt: skip
    world.succeed("fan.b", "B")
    assert world.step("fan").output == {"a": None, "b": "B"}


def test_no_more_steps_run_at_once_than_allowed_and_the_rest_follow_in_order() -> None:
    world = fan(5, concurrency=2)
    assert world.running == ["fan.b0", "fan.b1"]
    world.succeed("fan.b1")
    assert world.running == ["fan.b0", "fan.b2"]
    world.succeed("fan.b0")
    world.succeed("fan.b2")
    assert world.running == ["fan.b3", "fan.b4"]


def test_a_failing_branch_stops_its_siblings_and_fails_the_container() -> None:
    world = fan()
    world.fail("fan.b1")
    assert world.status == "failed"
    assert world.phases() == {
        "fan": "failed",
        "fan.b0": "cancelled",
        "fan.b1": "failed",
        "fan.b2": "cancelled",
    }
    assert world.state.error == {"code": "broken", "message": "fan.b1 broke.", "step": "fan.b1"}


def test_a_containers_own_policy_catches_the_failure_inside() -> None:
    world = started(
        step("parallel", "fan") | {"on_error": {"action": "continue", "default": {"a": "none"}}},
        agent("a", parent="fan"), agent("end", prompt="${steps.fan.output.a}"), flow="fan > end",
    )  # fmt: skip
    world.fail("fan.a")
    assert world.job("end").input["prompt"] == "none"


def test_a_container_tried_again_does_only_what_was_lost() -> None:
    world = started(
        step("parallel", "fan") | {"retry": {"attempts": 2, "backoff_s": 5}},
        agent("good", parent="fan"), agent("bad", parent="fan"), agent("slow", parent="fan"),
    )  # fmt: skip
    world.succeed("fan.good", "kept")
    world.fail("fan.bad")
    assert world.phase("fan") == "retrying"
    assert world.running == []
    world.wait(5)
    assert world.running == ["fan.bad", "fan.slow"]
    assert world.job("fan.bad").attempt == 2
    world.succeed("fan.bad", "B")
    world.succeed("fan.slow", "S")
    assert world.state.outputs == {"fan": {"good": "kept", "bad": "B", "slow": "S"}}


def test_a_containers_timeout_stops_everything_in_it() -> None:
    world = started(step("parallel", "fan") | {"timeout_s": 10}, agent("a", parent="fan"))
    world.wait(10)
    assert CancelStep("fan.a", 0) in world.effects
    assert world.state.error is not None and world.state.error["code"] == "timeout"


def test_steps_in_a_container_read_those_around_it_and_later_steps_read_those_inside() -> None:
    world = started(
        agent("first"), step("parallel", "fan"), agent("a", parent="fan", prompt="${steps.first.output}"),
        agent("end", prompt="${steps.a.output}"), flow="first > fan, fan > end",
    )  # fmt: skip
    world.succeed("first", "F")
    assert world.job("fan.a").input["prompt"] == "F"
    world.succeed("fan.a", "A")
    assert world.job("end").input["prompt"] == "A"


def test_a_sequential_container_runs_in_the_order_of_the_document() -> None:
    world = started(
        step("sequential", "seq"), agent("one", parent="seq"), approval("gate", parent="seq"),
        agent("two", parent="seq", prompt="${steps.one.output}"),
    )  # fmt: skip
    assert world.running == ["seq.one"]
    world.succeed("seq.one", "1")
    assert world.running == []
    world.decide("seq.gate")
    assert world.job("seq.two").input["prompt"] == "1"
    world.succeed("seq.two", "2")
    assert world.state.outputs == {"seq": "2"}


def test_a_condition_in_a_chain_goes_on_whatever_it_finds() -> None:
    world = started(
        step("sequential", "seq"),
        condition("check", yes=("$.inputs.n", "gt", 5)) | {"parent": "seq"},
        agent("two", parent="seq"),
        inputs={"n": 1},
    )
    assert world.running == ["seq.two"]


def test_a_rejection_in_a_chain_fails_it() -> None:
    world = started(step("sequential", "seq"), approval("gate", parent="seq"), agent("two", parent="seq"))
    world.decide("seq.gate", "rejected")
    assert world.state.error is not None and world.state.error["code"] == "rejected"


def test_edges_inside_a_sequential_container_say_otherwise() -> None:
    world = started(
        step("sequential", "seq"), agent("one", parent="seq"), agent("two", parent="seq"),
        agent("three", parent="seq"), flow="two > one",
    )  # fmt: skip
    assert world.running == ["seq.three", "seq.two"]


@pytest.mark.parametrize(("kind", "output"), [("parallel", {}), ("sequential", None)])
def test_an_empty_container_ends_at_once(kind: str, output: object) -> None:
    world = started(step(kind, "box"), agent("end"), flow="box > end")
    assert world.step("box").output == output
    assert world.running == ["end"]


def test_a_chain_whose_last_step_was_skipped_gives_its_last_output() -> None:
    world = started(
        step("sequential", "seq"), condition("check", yes=("$.inputs.n", "gt", 5)) | {"parent": "seq"},
        agent("a", parent="seq"), agent("b", parent="seq"), flow="check.yes > a, check.else > b", inputs={"n": 9},
    )  # fmt: skip
    world.succeed("seq.a", "A")
    assert world.state.outputs == {"seq": "A"}
