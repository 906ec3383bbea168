"""Loops: passes, their bounds, their results, and what failing items do."""

from typing import Any

import pytest

from executions.engine import next_due
from executions.engine.commands import Due
from executions.engine.events import EventType
from executions.engine.turn import MAX_EVENTS
from tests.unit.engine.build import agent, approval, condition, started, step
from tests.unit.engine.world import World


def each(items: Any = "${inputs.items}", *body: dict[str, Any], given: Any = None, **config: Any) -> World:
    work = body or (agent("work", parent="each", prompt="${loop.index}/${loop.number}: ${item}"),)
    loop = step("loop", "each", items=items, **config)
    return started(loop, *work, agent("end"), flow="each > end", inputs={"items": given})


def test_each_item_is_a_pass_one_after_the_other() -> None:
    world = each(given=["a", "b"])
    assert world.job("each[0].work").input["prompt"] == "0/1: a"
    assert world.running == ["each[0].work"]
    world.succeed("each[0].work", "A")
    assert world.job("each[1].work").input["prompt"] == "1/2: b"
    world.succeed("each[1].work", "B")
    assert world.step("each").output == ["A", "B"]
    assert world.running == ["end"]


@pytest.mark.parametrize("concurrency", [1, 2, 3, 9])
def test_so_many_passes_run_at_once(concurrency: int) -> None:
    world = each(given=list(range(5)), concurrency=concurrency)
    assert len(world.running) == min(concurrency, 5)
    world.succeed("each[0].work")
    assert len(world.running) == min(concurrency, 4)


def test_results_come_in_the_order_of_the_items_not_of_their_ends() -> None:
    world = each(given=["a", "b", "c"], concurrency=3)
    for number in (2, 0, 1):
        world.succeed(f"each[{number}].work", number)
    assert world.step("each").output == [0, 1, 2]


def test_an_empty_list_gives_an_empty_list() -> None:
    world = each(given=[])
    assert world.step("each").output == []
    assert world.running == ["end"]


def test_an_ended_pass_leaves_the_state_and_its_row_keeps_the_result() -> None:
    world = each(given=["a", "b"])
    world.succeed("each[0].work", "A")
    assert "each[0].work" not in world.state.steps
    assert world.rows["each[0]", 0]["output"] == "A"
    assert world.rows["each[0]", 0]["kind"] == "iteration"
    assert ("each[0].work", 0) not in world.open_rows
    assert ("each[0]", 0) in world.open_rows
    world.succeed("each[1].work", "B")
    assert [path for path, _ in world.open_rows] == ["each", "end"]


def test_the_loops_own_row_is_not_written_for_a_pass() -> None:
    world = each(given=["a", "b", "c"])
    done = world.succeed("each[0].work")
    assert "each" not in [run.path for run in done.changed]


def test_the_result_template_is_resolved_inside_the_pass() -> None:
    world = each(
        "${inputs.items}", agent("work", parent="each"), given=["a"],
        result={"item": "${item}", "n": "${loop.number}", "text": "${steps.work.output}"},
    )  # fmt: skip
    world.succeed("each[0].work", "W")
    assert world.step("each").output == [{"item": "a", "n": 1, "text": "W"}]


def test_without_a_template_a_pass_gives_the_output_of_its_last_step() -> None:
    world = started(
        step("loop", "each", items=[1]),
        agent("one", parent="each"),
        agent("two", parent="each"),
        flow="one > two",
    )
    world.succeed("each[0].one", "1")
    world.succeed("each[0].two", "2")
    assert world.state.outputs == {"each": ["2"]}


@pytest.mark.parametrize(
    ("given", "words"), [("abc", "text"), ({"a": 1}, "an object"), (3, "a number"), (None, "empty")]
)
def test_items_that_are_no_list_fail_with_a_sentence(given: Any, words: str) -> None:
    world = each(given=given)
    assert world.state.error is not None
    assert world.state.error["code"] == "not_a_list"
    assert words in world.state.error["message"]


def test_a_list_longer_than_the_maximum_fails_before_any_work_is_done() -> None:
    world = each(given=[1, 2, 3], max_iterations=2)
    assert world.state.error is not None
    assert world.state.error["message"] == "“Each” allows at most 2 items, but its list has 3."
    assert not world.events(EventType.ITERATION_STARTED)


def test_a_failing_item_fails_the_loop_and_stops_the_other_passes() -> None:
    world = each(given=[1, 2, 3], concurrency=2)
    world.fail("each[0].work")
    assert world.status == "failed"
    assert world.phases() == {
        "each": "failed",
        "each[0]": "failed",
        "each[0].work": "failed",
        "each[1]": "cancelled",
        "each[1].work": "cancelled",
    }


def test_a_failing_item_may_be_skipped_and_gives_none() -> None:
    world = each(given=[1, 2, 3], on_item_error="skip")
    world.succeed("each[0].work", "A")
    world.fail("each[1].work")
    world.succeed("each[2].work", "C")
    assert world.step("each").output == ["A", None, "C"]
    assert world.rows["each[1]", 0]["error"]["code"] == "broken"


def test_a_skipped_item_stops_what_else_ran_in_its_pass() -> None:
    world = started(
        step("loop", "each", items=[1, 2], on_item_error="skip"),
        agent("a", parent="each"),
        agent("b", parent="each"),
    )
    world.fail("each[0].a")
    assert world.running == ["each[1].a", "each[1].b"]
    assert world.rows["each[0].b", 0]["phase"] == "cancelled"


def test_a_result_template_that_cannot_be_resolved_is_a_failing_item() -> None:
    world = each(
        "${inputs.items}", agent("work", parent="each"), given=[1], result="${steps.work.output.nope}"
    )
    world.succeed("each[0].work", {"text": "x"})
    assert world.state.error is not None and world.state.error["code"] == "missing_variable"
    world = each(
        "${inputs.items}", agent("work", parent="each"), given=[1], on_item_error="skip",
        result="${steps.work.output.nope}",
    )  # fmt: skip
    world.succeed("each[0].work", {"text": "x"})
    assert world.step("each").output == [None]


def looping(mode: str, op: str, value: Any, path: str = "$.work.score", **config: Any) -> World:
    condition = {"path": path, "op": op, "value": value}
    return started(
        step("loop", "again", mode=mode, condition=condition, **config), agent("work", parent="again")
    )


def test_an_until_loop_ends_when_its_condition_holds_after_a_pass() -> None:
    world = looping("until", "gte", 0.8)
    for number, score in enumerate([0.2, 0.5, 0.9]):
        assert world.running == [f"again[{number}].work"]
        world.succeed(f"again[{number}].work", {"score": score})
    assert world.status == "completed"
    assert world.state.outputs == {"again": [{"score": 0.2}, {"score": 0.5}, {"score": 0.9}]}


def test_a_while_loop_looks_before_its_first_pass() -> None:
    world = looping("while", "eq", "go", path="${context.signal}")
    assert world.state.outputs == {"again": []}
    world = looping("while", "lt", 3, path="$.inputs.n")
    assert world.state.outputs == {"again": []}


def test_a_while_loop_goes_on_as_long_as_its_condition_holds() -> None:
    world = started(
        step("loop", "again", mode="while", condition={"path": "${context.more}", "op": "ne", "value": "no"}),
        agent("work", parent="again", set_context={"more": "${steps.work.output}"}),
    )
    world.succeed("again[0].work", "yes")
    world.succeed("again[1].work", "no")
    assert world.status == "completed"
    assert world.state.outputs == {"again": ["yes", "no"]}


def test_a_while_loop_asks_about_the_pass_that_would_begin() -> None:
    world = looping("while", "lt", 3, path="$.loop.index")
    for number in range(3):
        assert world.running == [f"again[{number}].work"]
        world.succeed(f"again[{number}].work", number)
    assert world.state.outputs == {"again": [0, 1, 2]}
    assert looping("while", "lt", 1, path="$.loop.number").state.outputs == {"again": []}


def test_a_while_loop_in_a_loop_does_not_ask_about_the_pass_around_it() -> None:
    inner = step(
        "loop", "inner", "outer", mode="while", condition={"path": "$.loop.index", "op": "eq", "value": 0}
    )
    world = started(step("loop", "outer", items=[1, 2]), inner, agent("work", parent="inner"))
    world.succeed("outer[0].inner[0].work", "A")
    world.succeed("outer[1].inner[0].work", "B")
    assert world.step("outer").output == [["A"], ["B"]]


def test_an_until_loop_asks_about_the_pass_that_ended() -> None:
    world = looping("until", "gte", 2, path="$.loop.number")
    world.succeed("again[0].work", "A")
    world.succeed("again[1].work", "B")
    assert world.state.outputs == {"again": ["A", "B"]}


def test_a_loop_always_ends_at_its_maximum() -> None:
    world = looping("until", "gte", 1, max_iterations=2)
    for number in range(2):
        world.succeed(f"again[{number}].work", {"score": 0})
    assert world.status == "completed"


def test_a_loop_condition_that_cannot_be_read_fails_the_loop() -> None:
    world = looping("while", "eq", "${inputs.nope}", path="$.inputs.n")
    assert world.state.error is not None and world.state.error["code"] == "missing_variable"
    world = looping("until", "eq", "${inputs.nope}")
    world.succeed("again[0].work", {"score": 1})
    assert world.state.error is not None and world.state.error["code"] == "missing_variable"


def test_loops_in_loops_see_their_own_item_and_the_steps_around() -> None:
    world = started(
        step("loop", "outer", items=[["a", "b"], ["c"]]),
        agent("before", parent="outer"),
        step("loop", "inner", parent="outer", items="${item}"),
        agent("work", parent="inner", prompt="${item} after ${steps.before.output}"),
        flow="before > inner",
    )
    world.succeed("outer[0].before", "x")
    assert world.job("outer[0].inner[0].work").input["prompt"] == "a after x"
    for path in (
        "outer[0].inner[0].work",
        "outer[0].inner[1].work",
        "outer[1].before",
        "outer[1].inner[0].work",
    ):
        world.succeed(path, path)
    assert world.state.outputs == {
        "outer": [["outer[0].inner[0].work", "outer[0].inner[1].work"], ["outer[1].inner[0].work"]]
    }


def test_what_is_inside_a_loop_cannot_be_read_from_outside() -> None:
    world = started(
        step("loop", "each", items=[1]), agent("work", parent="each"),
        agent("end", prompt="${steps.work.output}"), flow="each > end",
    )  # fmt: skip
    world.succeed("each[0].work")
    assert world.state.error is not None and world.state.error["code"] == "missing_variable"


def test_a_pass_in_which_nothing_is_done_ends_at_once() -> None:
    world = started(step("loop", "each", items=[1, 2], result="${item}"))
    assert world.state.outputs == {"each": [1, 2]}


def test_approvals_and_conditions_work_inside_a_pass() -> None:
    world = started(
        step("loop", "each", items=[1, 9]),
        condition("check", big=("$.item", "gt", 5)) | {"parent": "each"},
        approval("gate", parent="each"),
        flow="check.big > gate",
    )
    assert list(world.requests) == [("each[1].gate", 0)]
    world.decide("each[1].gate")
    assert world.status == "completed"


def test_a_long_loop_of_instant_steps_is_cut_into_transitions() -> None:
    body = step("transform", "work", "each", value="${item}")
    world = each("${inputs.items}", body, given=list(range(1000)), max_iterations=1000)
    assert world.status == "running"
    assert len(world.log) < MAX_EVENTS + 20
    transitions = 1
    while (due := next_due(world.state)) is not None:
        assert due <= world.now
        transitions += 1
        assert len(world.send(Due()).events) < MAX_EVENTS + 20
    assert transitions >= 4000 / MAX_EVENTS
    assert world.step("each").output == list(range(1000))
    assert world.running == ["end"]


def test_a_long_loop_goes_on_after_a_restart_in_between() -> None:
    body = step("transform", "work", "each", value="${item}")
    world = each("${inputs.items}", body, given=list(range(300)), max_iterations=300)
    while "end" not in world.running:
        world.restart()
        world.send(Due())
    assert world.step("each").output == list(range(300))
