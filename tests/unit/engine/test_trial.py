"""A run of a part of a definition, in which some steps have their output already."""

from typing import Any

from executions.engine.commands import Start
from tests.unit.engine.build import agent, approval, condition, step, world
from tests.unit.engine.world import World


def tried(*steps: dict[str, Any], flow: str, **command: Any) -> World:
    """A trial that has begun."""
    made = world(*steps, flow=flow)
    made.send(Start(command.pop("inputs", {}), **command))
    return made


def pinned(output: Any, port: str = "done") -> dict[str, Any]:
    return {"output": output, "port": port}


def test_a_pinned_step_gives_its_output_without_working() -> None:
    trial = tried(
        agent("a"),
        agent("b", prompt="b: ${steps.a.output}"),
        flow="a > b",
        pinned={"a": pinned("PINNED")},
    )
    assert trial.phases() == {"a": "succeeded", "b": "running"}
    assert trial.job("b").input["prompt"] == "b: PINNED"
    assert trial.state.usage.requests == 0


def test_only_the_steps_that_are_named_run_and_the_run_completes() -> None:
    trial = tried(agent("a"), agent("b"), agent("c"), agent("side"), flow="a > b, b > c", only=("a", "b"))
    trial.succeed("a", "A")
    trial.succeed("b", "B")
    assert trial.phases() == {"a": "succeeded", "b": "succeeded", "c": "skipped", "side": "skipped"}
    assert trial.state.status == "completed"


def test_a_pin_says_which_way_a_condition_goes() -> None:
    steps = (
        condition(yes=("$.inputs.n", "gt", 5)),
        agent("high"),
        agent("low"),
    )
    flow = "check.yes > high, check.default > low"
    trial = tried(*steps, flow=flow, inputs={"n": 9}, pinned={"check": pinned({}, "default")})
    assert trial.phases() == {"check": "succeeded", "high": "skipped", "low": "running"}


def test_a_step_in_a_loop_is_pinned_for_every_round() -> None:
    loop = step("loop", "each", items=[1, 2, 3])
    inner = agent("inner", parent="each")
    trial = tried(loop, inner, flow="", pinned={"inner": pinned("same")})
    assert trial.state.status == "completed"
    assert trial.state.steps["each"].output == ["same", "same", "same"]


def test_a_pinned_loop_is_not_entered() -> None:
    loop = step("loop", "each", items=[1, 2, 3])
    trial = tried(
        loop,
        agent("inner", parent="each"),
        agent("after", prompt="${steps.each.output}"),
        flow="each > after",
        pinned={"each": pinned(["x"])},
    )
    assert trial.phases() == {"each": "succeeded", "after": "running"}


def test_a_reviewer_who_asks_for_changes_has_a_pinned_step_work() -> None:
    gate = approval(revise="draft")
    trial = tried(agent("draft"), gate, flow="draft > gate", pinned={"draft": pinned("First")})
    assert trial.phases()["gate"] == "waiting"
    trial.decide("gate", "changes_requested", comment="Shorter")
    assert trial.phases()["draft"] == "running"


def test_an_edited_input_is_merged_over_what_the_step_would_be_given() -> None:
    trial = tried(agent("a", prompt="old"), flow="", edited={"a": {"prompt": "new"}})
    assert trial.job("a").input["prompt"] == "new"
