"""Workflow steps: another run does the work."""

import pytest

from executions.engine import Rejection, Usage
from executions.engine.commands import Cancel, ChildEnded
from executions.engine.effects import CancelStep, StartChild
from tests.unit.engine.build import agent, started, step


def child(**more: object) -> dict[str, object]:
    return step("workflow", "sub", workflow="other", version=2, inputs={"topic": "${inputs.t}"}) | more


def test_the_other_workflow_is_started_with_resolved_inputs() -> None:
    world = started(child(), inputs={"t": "tea"})
    assert world.effects == [StartChild("sub", 0, "other", 2, {"topic": "tea"})]
    assert world.status == "waiting"


def test_its_outputs_are_the_steps_output_and_its_usage_counts() -> None:
    world = started(
        child(), agent("a", prompt="${steps.sub.output.answer}"), flow="sub > a", inputs={"t": "x"}
    )
    world.end_child("sub", outputs={"answer": 42}, usage=Usage(1, 2, 3, 0, 0.5))
    assert world.job("a").input["prompt"] == "42"
    assert world.state.usage.cost == 0.5


def test_the_childs_error_is_the_steps_error() -> None:
    world = started(child(), inputs={"t": "x"})
    world.end_child("sub", "failed", error={"code": "broken", "message": "It broke.", "step": "deep"})
    assert world.state.error == {"code": "broken", "message": "It broke.", "step": "sub"}


@pytest.mark.parametrize("status", ["cancelled", "timed_out", "failed"])
def test_an_end_without_an_error_is_told_in_words(status: str) -> None:
    world = started(child(), inputs={"t": "x"})
    world.end_child("sub", status)
    assert world.state.error is not None
    assert world.state.error["code"] == f"child_{status}"
    assert status in world.state.error["message"]


def test_another_try_starts_another_run_in_a_new_round() -> None:
    world = started(child(retry={"attempts": 2, "backoff_s": 0}), inputs={"t": "x"})
    world.end_child("sub", "failed")
    world.settle()
    assert world.effects[-1] == StartChild("sub", 1, "other", 2, {"topic": "x"})
    late = world.offer(ChildEnded("sub", 0, "completed", {}))
    assert isinstance(late, Rejection) and late.kind == "stale"
    assert world.step("sub").attempt == 2


def test_a_cancelled_child_is_not_tried_again() -> None:
    world = started(child(retry={"attempts": 3, "backoff_s": 0}), inputs={"t": "x"})
    world.end_child("sub", "cancelled")
    assert world.status == "failed"


def test_cancelling_stops_the_child() -> None:
    world = started(child(), inputs={"t": "x"})
    world.send(Cancel())
    assert CancelStep("sub", 0) in world.effects
    assert world.children == {}
