"""Input steps: a form that a person fills."""

from typing import Any

import pytest

from executions.engine import Rejection
from executions.engine.commands import Submitted
from tests.unit.engine.build import agent, started, step

FORM = {"type": "object", "properties": {"budget": {"type": "number"}}}


def form(**more: Any) -> dict[str, Any]:
    return step(
        "input", "ask", title="Budget for ${inputs.what}", form=FORM, assignees=["group:sales"], **more
    )


def test_the_form_is_opened_with_its_title_resolved() -> None:
    world = started(form(expires_s=60), inputs={"what": "tea"})
    assert world.status == "waiting"
    [request] = world.requests.values()
    assert request.kind == "input"
    assert request.input["title"] == "Budget for tea"
    assert request.input["form"] == FORM
    assert request.input["assignees"] == ["group:sales"]
    assert (request.input["expires_s"], request.input["round"]) == (60, 0)


def test_the_values_are_the_steps_output() -> None:
    world = started(
        form(),
        agent("a", prompt="${steps.ask.output.budget}"),
        flow="ask.submitted > a",
        inputs={"what": "x"},
    )
    world.submit("ask", budget=5)
    assert world.step("ask").output == {"budget": 5}
    assert world.job("a").input["prompt"] == "5"


def test_a_form_that_nobody_filled_takes_the_timeout_port() -> None:
    world = started(form(), agent("late"), flow="ask.timeout > late", inputs={"what": "x"})
    world.submit("ask", "timed_out")
    assert world.running == ["late"]


def test_a_form_that_nobody_filled_fails_where_nothing_follows() -> None:
    world = started(form(), inputs={"what": "tea"})
    world.submit("ask", "timed_out")
    assert world.state.error == {
        "code": "input_expired",
        "message": "Nobody filled “Budget for tea” in time.",
        "step": "ask",
    }


def test_a_default_stands_in_for_a_form_that_nobody_filled() -> None:
    default = {"action": "continue", "default": {"budget": 1}}
    world = started(
        form() | {"on_error": default}, agent("a"), flow="ask.submitted > a", inputs={"what": "tea"}
    )
    world.submit("ask", "timed_out")
    assert world.running == ["a"]
    assert world.step("ask").output == {"budget": 1}
    assert world.step("ask").error is not None


@pytest.mark.parametrize(
    ("path", "round", "status", "kind"),
    [("ask", 3, "submitted", "stale"), ("a", 0, "submitted", "stale"), ("ask", 0, "eaten", "not_allowed")],
)
def test_an_answer_that_does_not_fit_is_refused(path: str, round: int, status: str, kind: str) -> None:
    world = started(form(), agent("a"), inputs={"what": "x"})
    answer = world.offer(Submitted(path, round, status))
    assert isinstance(answer, Rejection) and answer.kind == kind


def test_values_are_checked_against_the_output_schema() -> None:
    world = started(form() | {"output_schema": FORM}, inputs={"what": "x"})
    world.submit("ask", budget="lots")
    assert world.state.error is not None and world.state.error["code"] == "invalid_output"
