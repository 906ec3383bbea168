"""Agent, team and tool steps: what their runner is given, and what their results do."""

import pytest

from executions.engine import Rejection, Usage
from executions.engine.commands import Failed, Succeeded
from executions.engine.effects import RunStep
from executions.engine.events import EventType
from tests.unit.engine.build import agent, started, step

TEAM = {
    "id": "panel",
    "type": "team",
    "config": {"members": ["a", "b"], "prompt": "On ${inputs.topic}", "max_turns": 3},
}
TOOL = step("tool", "sum", tool="calculator", arguments={"x": "${inputs.topic}", "list": ["${inputs.n}"]})


def test_an_agents_runner_gets_the_prompt_resolved_and_the_rest_as_configured() -> None:
    config = {"tools": ["calculator"], "model": "m", "max_tokens": 9, "conversation": True}
    schema = {"type": "object"}
    world = started(
        agent(
            "draft",
            prompt="On ${inputs.topic}",
            config=config,
            output_schema=schema,
            guardrails={"max_cost": 1},
        ),
        inputs={"topic": "tea"},
    )
    [effect] = world.effects
    assert effect == RunStep(
        "draft",
        0,
        1,
        "draft",
        "agent",
        {
            "agent": "writer",
            "capability": None,
            "prompt": "On tea",
            "tools": ["calculator"],
            "model": "m",
            "max_tokens": 9,
            "conversation": True,
            "output_schema": schema,
            "guardrails": {"max_cost": 1.0},
        },
    )


def test_a_prompt_that_is_one_variable_is_still_text() -> None:
    world = started(agent("draft", prompt="${inputs.n}"), inputs={"n": 3})
    assert world.job("draft").input["prompt"] == "3"


def test_a_teams_runner_gets_members_and_prompt() -> None:
    world = started(TEAM, inputs={"topic": "tea"})
    assert world.job("panel").input == {
        "mode": "round_robin",
        "members": ["a", "b"],
        "prompt": "On tea",
        "max_turns": 3,
        "stop_word": "",
        "selector_prompt": "",
        "max_tokens": None,
        "guardrails": {},
    }


def test_a_tools_runner_gets_arguments_with_their_types() -> None:
    world = started(TOOL, inputs={"topic": "tea", "n": 3})
    assert world.job("sum").input == {
        "tool": "calculator",
        "arguments": {"x": "tea", "list": [3]},
        "guardrails": {},
    }


@pytest.mark.parametrize(
    "first", [agent("one"), TEAM | {"id": "one"}, TOOL | {"id": "one"}], ids=lambda s: s["type"]
)
def test_the_next_step_starts_with_the_output_of_the_one_before(first: dict[str, object]) -> None:
    world = started(
        first,
        agent("two", prompt="Use ${steps.one.output.text}"),
        flow="one > two",
        inputs={"topic": "t", "n": 1},
    )
    assert world.running == ["one"]
    world.succeed("one", {"text": "gold"})
    assert world.running == ["two"]
    assert world.job("two").input["prompt"] == "Use gold"
    world.succeed("two", "done")
    assert world.status == "completed"
    assert world.state.outputs == {"two": "done"}


def test_a_result_counts_what_it_used_for_the_step_and_for_the_run() -> None:
    world = started(agent("a"), agent("b"))
    world.succeed("a", usage=Usage(2, 100, 50, 1, 0.25))
    world.succeed("b", usage=Usage(1, 10, 5, 0, 0.05))
    assert world.rows["a", 0]["usage"] == {
        "requests": 2,
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "tool_calls": 1,
        "cost": 0.25,
    }
    assert world.state.usage == Usage(3, 110, 55, 1, 0.3)
    assert world.state.usage.tokens == 165
    assert world.step("a").served_by == "test-model"


@pytest.mark.parametrize(
    ("round", "attempt"), [(0, 2), (1, 1), (0, 0)], ids=["later attempt", "later round", "no attempt"]
)
def test_a_result_of_another_attempt_is_refused_and_changes_nothing(round: int, attempt: int) -> None:
    world = started(agent("a"))
    for command in (Succeeded("a", round, attempt, "x"), Failed("a", round, attempt, "c", "m")):
        answer = world.offer(command)
        assert isinstance(answer, Rejection)
        assert answer.kind == "stale"
        assert "too late" in answer.sentence
    assert world.phase("a") == "running"


def test_a_second_result_of_the_same_attempt_is_refused() -> None:
    world = started(agent("a"), agent("b"))
    world.succeed("a", "first")
    answer = world.offer(Succeeded("a", 0, 1, "second"))
    assert isinstance(answer, Rejection) and answer.kind == "stale"
    assert world.step("a").output == "first"


def test_an_output_that_breaks_the_declared_schema_fails_the_step_and_says_where() -> None:
    schema = {"type": "object", "properties": {"score": {"type": "number"}}, "required": ["score"]}
    world = started(agent("a", output_schema=schema))
    world.succeed("a", {"score": "high"})
    assert world.status == "failed"
    assert world.state.error is not None
    assert world.state.error["code"] == "invalid_output"
    assert "score" in world.state.error["message"]


def test_an_invalid_output_is_tried_again_where_the_step_may() -> None:
    world = started(agent("a", output_schema={"type": "string"}, retry={"attempts": 2, "backoff_s": 0}))
    world.succeed("a", 1)
    world.settle()
    world.succeed("a", "fine")
    assert world.status == "completed"


def test_a_missing_variable_fails_the_step_with_its_name_and_is_not_tried_again() -> None:
    world = started(agent("a", prompt="${inputs.nope}", retry={"attempts": 3}))
    assert world.status == "failed"
    assert world.state.error is not None
    assert world.state.error["code"] == "missing_variable"
    assert "'a'" in world.state.error["message"]
    assert "${inputs.nope}" in world.state.error["message"]
    assert world.phase("a") == "failed"


def test_set_context_is_seen_by_later_steps() -> None:
    world = started(
        agent("a", set_context={"title": "On ${steps.a.output.topic}"}),
        agent("b", prompt="${context.title}"),
        flow="a > b",
    )
    world.succeed("a", {"topic": "tea"})
    assert world.state.context == {"title": "On tea"}
    assert world.job("b").input["prompt"] == "On tea"


def test_a_context_template_that_cannot_be_resolved_fails_the_step() -> None:
    world = started(agent("a", set_context={"title": "${steps.a.output.nope}"}))
    world.succeed("a", {"topic": "tea"}, usage=Usage(1, 1, 1))
    assert world.state.error is not None and world.state.error["code"] == "missing_variable"
    assert world.state.usage.requests == 1


def test_a_handoff_is_recorded_with_its_keys_reason_and_who_comes_next() -> None:
    handoff = {"keys": ["title"], "reason": "to be checked"}
    world = started(agent("a", config={"handoff": handoff}), agent("b"), agent("c"), flow="a > b, a > c")
    world.succeed("a")
    [event] = world.events(EventType.HANDOFF_MADE)
    assert event.data == {"from": "a", "to": ["b", "c"], "keys": ["title"], "reason": "to be checked"}


def test_steps_without_edges_run_at_the_same_time() -> None:
    world = started(agent("a"), agent("b"), agent("c"))
    assert world.running == ["a", "b", "c"]
