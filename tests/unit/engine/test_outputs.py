"""What a run returns, and how it is carried over a restart."""

import json
from typing import Any

import pytest

from executions.engine import (
    Usage,
    state_from_json,
    state_to_json,
    step_from_json,
    step_to_json,
    usage_from_json,
)
from executions.engine.commands import Cancel
from tests.unit.engine.build import agent, approval, condition, started, step

YES = ("${inputs.yes}", "eq", True)


def test_declared_outputs_are_resolved_with_their_types() -> None:
    world = started(
        agent("a", set_context={"k": "v"}),
        inputs={"n": 3},
        outputs={
            "text": "Got ${steps.a.output.rows[0]}",
            "rows": "${steps.a.output.rows}",
            "n": "${inputs.n}",
            "k": "${context.k}",
        },
    )
    world.succeed("a", {"rows": [1, 2]})
    assert world.state.outputs == {"text": "Got 1", "rows": [1, 2], "n": 3, "k": "v"}


@pytest.mark.parametrize(
    "template", ["${steps.b.output}", "${steps.b.output.text}", "See ${steps.b.output.text}"]
)
def test_an_output_of_a_branch_that_was_not_taken_is_null(template: str) -> None:
    world = started(
        condition("check", good=YES), agent("a"), agent("b"), flow="check.good > a, check.else > b",
        inputs={"yes": True}, outputs={"a": "${steps.a.output}", "b": template},
    )  # fmt: skip
    world.succeed("a", "A")
    assert world.status == "completed"
    assert world.state.outputs is not None
    assert world.state.outputs["a"] == "A"
    assert world.state.outputs["b"] in (None, "See ")


def test_an_output_that_only_an_untaken_branch_would_have_set_is_null() -> None:
    world = started(
        condition("check", good=YES), agent("a", set_context={"report": "x"}), flow="check.good > a",
        inputs={"yes": False}, outputs={"report": "${context.report}"},
    )  # fmt: skip
    assert world.state.outputs == {"report": None}


@pytest.mark.parametrize(
    "template", ["${context.nope}", "${inputs.nope}", "${steps.a.output.nope}", "${item}"]
)
def test_an_output_that_names_nothing_fails_the_run(template: str) -> None:
    world = started(agent("a"), outputs={"x": template})
    world.succeed("a", {"text": "x"})
    assert world.status == "failed"
    assert world.state.error is not None and world.state.error["code"] == "missing_variable"


def test_without_declared_outputs_the_last_steps_that_succeeded_are_the_outputs() -> None:
    world = started(
        condition("check", good=YES), agent("a"), agent("a2"), agent("b"),
        flow="check.good > a, a > a2, check.else > b", inputs={"yes": True},
    )  # fmt: skip
    world.succeed("a", "A")
    world.succeed("a2", "A2")
    assert world.state.outputs == {"a2": "A2"}


def busy() -> Any:
    world = started(
        agent("a", timeout_s=5), approval("gate"), step("loop", "each", items=[{"x": 1}]),
        agent("work", parent="each"), inputs={"x": [1, None, "ü"]},
    )  # fmt: skip
    world.succeed("a", {"text": "x"}, Usage(1, 2, 3, 4, 0.5))
    return world


def test_a_run_survives_being_written_as_json() -> None:
    state = busy().state
    again = state_from_json(json.loads(json.dumps(state_to_json(state))))
    assert again == state
    busy_cancelled = busy()
    busy_cancelled.send(Cancel("x"))
    assert state_from_json(state_to_json(busy_cancelled.state)) == busy_cancelled.state


def test_a_step_run_survives_alone_and_has_defaults() -> None:
    run = busy().step("a")
    assert step_from_json(step_to_json(run)) == run
    bare = step_from_json({"path": "a", "step_id": "a", "kind": "agent"})
    assert (bare.phase, bare.round, bare.usage) == ("pending", 0, Usage())


def test_unknown_usage_is_an_error() -> None:
    with pytest.raises(TypeError):
        usage_from_json({"beer": 1})
