"""When a step with several incoming edges starts, and when it is skipped."""

import pytest

from tests.unit.engine.build import agent, condition, started
from tests.unit.engine.world import World

YES = ("${inputs.yes}", "eq", True)


def fan_in(join: object) -> World:
    return started(
        agent("a"), agent("b"), agent("c"), agent("end", join=join), flow="a > end, b > end, c > end"
    )


@pytest.mark.parametrize(("join", "after"), [("all", 3), ("any", 1), ({"first": 2}, 2), ({"first": 3}, 3)])
def test_a_join_starts_at_its_live_edge_and_not_before(join: object, after: int) -> None:
    world = fan_in(join)
    for number, path in enumerate("abc", start=1):
        assert ("end" in world.running) is (number > after)
        world.succeed(path)
    assert "end" in world.running


def test_what_comes_after_an_early_join_has_begun_is_ignored() -> None:
    world = fan_in("any")
    world.succeed("b", "first")
    world.succeed("end")
    world.succeed("a")
    world.succeed("c")
    assert world.status == "completed"
    assert [path for path, _ in world.rows].count("end") == 1


def branches(join: object = "all", *, yes: bool) -> World:
    return started(
        condition("check", good=YES),
        agent("a"),
        agent("b"),
        agent("end", join=join),
        flow="check.good > a, check.else > b, a > end, b > end",
        inputs={"yes": yes},
    )


@pytest.mark.parametrize(("yes", "taken", "skipped"), [(True, "a", "b"), (False, "b", "a")])
def test_a_join_waits_only_for_the_branch_that_was_taken(yes: bool, taken: str, skipped: str) -> None:
    world = branches(yes=yes)
    assert world.running == [taken]
    assert world.phase(skipped) == "skipped"
    world.succeed(taken)
    assert world.running == ["end"]


def test_first_n_starts_when_fewer_branches_can_still_come() -> None:
    world = branches({"first": 2}, yes=True)
    world.succeed("a")
    assert world.running == ["end"]


def test_a_step_with_only_dead_edges_is_skipped_and_so_is_what_follows() -> None:
    world = started(
        condition("check", good=YES), agent("a"), agent("b"), agent("c"),
        flow="check.good > a, a > b, b > c", inputs={"yes": False},
    )  # fmt: skip
    assert world.phases() == {"check": "succeeded", "a": "skipped", "b": "skipped", "c": "skipped"}
    assert world.status == "completed"
    assert world.state.outputs == {}


def test_a_reader_of_a_skipped_step_finds_nothing_rather_than_an_error() -> None:
    world = started(
        condition("check", good=YES), agent("a"), agent("b"),
        agent("end", prompt="[${steps.a.output}|${steps.b.output}]"),
        flow="check.good > a, check.else > b, a > end, b > end", inputs={"yes": True},
    )  # fmt: skip
    world.succeed("a", "A")
    assert world.job("end").input["prompt"] == "[A|]"


def test_a_run_without_steps_completes_at_once() -> None:
    assert started().status == "completed"


def test_a_long_chain_of_instant_steps_needs_no_deep_calls() -> None:
    count = 2000
    steps = [{"id": f"t{n}", "type": "transform", "config": {"value": n}} for n in range(count)]
    flow = ", ".join(f"t{n} > t{n + 1}" for n in range(count - 1))
    world = started(*steps, flow=flow)
    assert world.status == "completed"
    assert world.state.outputs == {f"t{count - 1}": count - 1}
