"""A run that begins as a copy of another up to a step, with edited input."""

from typing import Any

import pytest

from executions.engine import Rejection
from executions.engine.commands import Fork
from tests.unit.engine.build import agent, approval, condition, started, step
from tests.unit.engine.world import World


def fork(world: World, path: str, edited: dict[str, Any] | None = None) -> World:
    """A new run from the newest rounds of another's rows."""
    newest = {row["path"]: row for _key, row in sorted(world.rows.items())}
    copy = World(world.plan)
    copy.send(Fork(world.state.inputs, path, tuple(newest.values()), edited, dict(world.state.context)))
    return copy


def chain() -> World:
    world = started(
        agent("a"), agent("b", prompt="b: ${steps.a.output}"), agent("c", prompt="c: ${steps.b.output}"),
        agent("side"), flow="a > b, b > c", inputs={"n": 1},
    )  # fmt: skip
    for path in ("a", "side", "b", "c"):
        world.succeed(path, path.upper())
    return world


def test_what_ended_before_and_beside_the_step_is_taken_over_and_costs_nothing() -> None:
    copy = fork(chain(), "b")
    assert copy.phases() == {"a": "succeeded", "side": "succeeded", "b": "running"}
    assert copy.job("b").input["prompt"] == "b: A"
    assert copy.state.usage.requests == 0
    assert copy.rows["a", 0]["output"] == "A"
    copy.succeed("b", "B2")
    assert copy.job("c").input["prompt"] == "c: B2"
    copy.succeed("c", "C2")
    assert copy.state.outputs == {"c": "C2", "side": "SIDE"}


def test_the_edited_input_is_merged_over_what_the_engine_gives() -> None:
    copy = fork(chain(), "b", {"prompt": "Do better"})
    assert copy.job("b").input["prompt"] == "Do better"
    assert copy.job("b").input["agent"] == "writer"


def test_an_edited_input_lasts_through_retries_restarts_and_rounds() -> None:
    world = started(
        agent("a", retry={"attempts": 2, "backoff_s": 0}), approval("gate", revise="a"), flow="a > gate"
    )
    world.succeed("a")
    copy = fork(world, "a", {"prompt": "Edited"})
    copy.restart()
    copy.fail("a")
    copy.settle()
    assert copy.job("a").input["prompt"] == "Edited"
    copy.succeed("a")
    copy.decide("gate", "changes_requested")
    assert copy.job("a").input["prompt"] == "Edited"


def test_a_fork_of_the_first_step_takes_nothing_that_follows() -> None:
    copy = fork(chain(), "a")
    assert copy.phases() == {"a": "running", "side": "succeeded"}


def test_a_fork_takes_skips_and_caught_failures_but_no_open_or_lost_steps() -> None:
    world = started(
        agent("bad", on_error={"action": "port"}), condition("check", yes=("$.inputs.n", "gt", 5)), agent("skipped"),
        agent("mend"), agent("lost"), agent("end"),
        flow="bad.error > mend, check.yes > skipped, mend > end", inputs={"n": 1},
    )  # fmt: skip
    world.fail("bad")
    world.succeed("mend", "M")
    world.fail("lost")
    copy = fork(world, "end")
    assert copy.phases() == {
        "bad": "failed",
        "check": "succeeded",
        "skipped": "skipped",
        "mend": "succeeded",
        "end": "running",
        "lost": "running",
    }


def test_a_fork_inside_a_container_keeps_its_siblings() -> None:
    world = started(
        agent("first"), step("parallel", "fan"), agent("a", parent="fan"), agent("b", parent="fan"),
        agent("b2", parent="fan", prompt="${steps.b.output}"), agent("end"),
        flow="first > fan, b > b2, fan > end",
    )  # fmt: skip
    for path in ("first", "fan.a", "fan.b", "fan.b2", "end"):
        world.succeed(path, path)
    copy = fork(world, "fan.b")
    assert copy.running == ["fan.b"]
    assert copy.phase("fan.a") == "succeeded"
    copy.succeed("fan.b", "new")
    assert copy.job("fan.b2").input["prompt"] == "new"
    copy.succeed("fan.b2", "B2")
    assert copy.step("fan").output == {"a": "fan.a", "b2": "B2"}
    assert copy.running == ["end"]


def loop() -> World:
    world = started(
        step("loop", "each", items=["x", "y", "z"]), agent("one", parent="each"),
        agent("two", parent="each", prompt="${item}: ${steps.one.output}"), agent("end"),
        flow="one > two, each > end",
    )  # fmt: skip
    for number in range(3):
        world.succeed(f"each[{number}].one", f"one {number}")
        world.succeed(f"each[{number}].two", f"two {number}")
    world.succeed("end")
    return world


def test_a_fork_inside_a_loop_takes_the_passes_before_and_what_came_before_in_its_own() -> None:
    copy = fork(loop(), "each[1].two", {"prompt": "Edited"})
    assert copy.running == ["each[1].two"]
    assert copy.job("each[1].two").input["prompt"] == "Edited"
    assert "each[0].one" not in copy.state.steps
    copy.succeed("each[1].two", "new")
    assert copy.job("each[2].one").attempt == 1
    copy.succeed("each[2].one")
    copy.succeed("each[2].two", "last")
    assert copy.step("each").output == ["two 0", "new", "last"]


def test_a_fork_of_a_whole_loop_runs_it_anew_and_one_after_it_takes_its_output() -> None:
    assert fork(loop(), "each").running == ["each[0].one"]
    copy = fork(loop(), "end")
    assert copy.running == ["end"]
    assert copy.step("each").output == ["two 0", "two 1", "two 2"]


def test_the_items_of_a_loop_may_be_edited() -> None:
    copy = fork(loop(), "each", {"items": ["only"]})
    copy.succeed("each[0].one", "1")
    assert copy.job("each[0].two").input["prompt"] == "only: 1"


def test_the_value_of_a_transform_may_be_edited() -> None:
    world = started(
        step("transform", "shape", value={"a": 1}),
        agent("b", prompt="${steps.shape.output.a}"),
        flow="shape > b",
    )
    copy = fork(world, "shape", {"value": {"a": 2}})
    assert copy.job("b").input["prompt"] == "2"


@pytest.mark.parametrize(
    "path", ["nope", "b.c", "each", "b[0]", "", "a..b", "a[x]", "fan", "one", "each.one", "each[0]"]
)
def test_a_fork_from_a_place_that_does_not_exist_is_refused(path: str) -> None:
    world = chain() if path not in ("one", "each.one", "each[0]") else loop()
    copy = World(world.plan)
    answer = copy.offer(Fork({}, path))
    assert isinstance(answer, Rejection)
    assert answer.kind == "not_allowed"
    assert path in answer.sentence
    assert copy.status == "queued"


def test_an_edited_input_that_is_no_object_is_refused() -> None:
    copy = World(chain().plan)
    answer = copy.offer(Fork({}, "a", edited=["x"]))  # type: ignore[arg-type]
    assert isinstance(answer, Rejection) and answer.kind == "not_allowed"


def test_rows_of_the_store_with_their_status_are_understood() -> None:
    world = chain()
    rows = [{**row, "status": row["phase"]} for row in world.rows.values()]
    for row in rows:
        del row["phase"]
    copy = World(world.plan)
    copy.send(Fork({"n": 1}, "c", tuple(rows)))
    assert copy.job("c").input["prompt"] == "c: B"
