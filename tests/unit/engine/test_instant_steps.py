"""Condition and transform steps: done inside the engine, in the transition that starts them."""

from typing import Any

import pytest

from tests.unit.engine.build import agent, condition, started, step


@pytest.mark.parametrize(
    ("score", "port"), [(0.9, "good"), (0.5, "fair"), (0.1, "else"), (None, "else"), ("0.95", "good")]
)
def test_a_condition_takes_the_first_branch_that_holds(score: Any, port: str) -> None:
    world = started(
        agent("draft"),
        condition("check", good=("$.draft.score", "gte", 0.8), fair=("$.draft.score", "gte", 0.4)),
        flow="draft > check",
    )
    world.succeed("draft", {"score": score})
    assert world.step("check").port == port
    assert world.step("check").output == {"port": port}


def test_only_the_branch_taken_goes_on() -> None:
    world = started(
        condition("check", high=("${inputs.n}", "gt", 5)), agent("up"), agent("down"),
        flow="check.high > up, check.else > down", inputs={"n": 6},
    )  # fmt: skip
    assert world.running == ["up"]
    assert world.phase("down") == "skipped"


def test_a_condition_on_an_absent_value_takes_the_default() -> None:
    world = started(condition("check", high=("$.inputs.nope", "gt", 5)))
    assert world.step("check").port == "else"


def test_a_condition_whose_value_cannot_be_resolved_fails() -> None:
    world = started(condition("check", same=("$.inputs.n", "eq", "${inputs.nope}")), inputs={"n": 1})
    assert world.state.error is not None and world.state.error["code"] == "missing_variable"


def test_a_transform_fills_in_its_value_with_types() -> None:
    world = started(
        step("transform", "shape", value={"n": "${inputs.n}", "s": "n=${inputs.n}"}), inputs={"n": 3}
    )
    assert world.step("shape").output == {"n": 3, "s": "n=3"}
    assert world.status == "completed"


def test_a_transform_of_a_list_maps_and_filters_it() -> None:
    shape = step(
        "transform", "shape", source="${inputs.rows}", value="${loop.number}: ${item.name}",
        filter={"path": "$.item.age", "op": "gte", "value": 18},
    )  # fmt: skip
    rows = [{"name": "Ada", "age": 36}, {"name": "Kim", "age": 7}, {"name": "Ben", "age": 18}]
    world = started(shape, inputs={"rows": rows})
    assert world.step("shape").output == ["1: Ada", "3: Ben"]


def test_a_transform_whose_source_is_no_list_says_so() -> None:
    world = started(
        step("transform", "shape", source="${inputs.rows}", value="${item}"), inputs={"rows": "abc"}
    )
    assert world.state.error == {
        "code": "not_a_list",
        "message": "“Shape” goes through a list, but its source is text.",
        "step": "shape",
    }


def test_a_transform_that_cannot_be_resolved_fails_with_the_variable() -> None:
    world = started(step("transform", "shape", value="${steps.later.output}"), agent("later"))
    assert world.state.error is not None
    assert "${steps.later.output}" in world.state.error["message"]
    assert world.phase("later") in ("absent", "cancelled")
