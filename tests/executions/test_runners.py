"""From a resolved input to a task of the agents app."""

from datetime import UTC, datetime
from typing import Any

from agents.runtime.contract import Limits, Message
from executions.engine.effects import RunStep
from executions.engine.plan import compile_plan
from executions.engine.state import Phase, RunState, StepRun, Usage
from executions.runners import agent, team, tool
from executions.runners.work import conversation, limits_left, work_of
from executions.worker import Worker
from tests.executions.flows import agent as agent_step
from tests.executions.flows import chain as flow
from tests.executions.flows import ended, start
from tests.people import Cast
from workflows.schema import Guardrails, parse_definition

AT = datetime(2026, 5, 1, tzinfo=UTC)


def work(kind: str, given: dict[str, Any], **config: Any) -> Any:
    documents = {
        "agent": {"agent": "writer", "prompt": "p"},
        "team": {"members": ["a", "b"], "prompt": "p"},
        "tool": {"tool": "t"},
    }
    step = {"id": "one", "type": kind, "config": documents[kind], **config}
    plan = compile_plan(parse_definition({"format": 1, "steps": [step], "edges": []}))
    state = RunState(
        steps={"one": StepRun("one", "one", kind, phase=Phase.RUNNING, feedback={"comment": "c"})}
    )
    effect = RunStep("one", 0, 1, "one", kind, given)
    return work_of(effect, plan, state)


def test_an_agent_task_has_all_that_the_step_says() -> None:
    given = {"agent": "writer", "prompt": "hello", "tools": ["x"], "model": "m", "max_tokens": 9}
    task = agent.task_of(work("agent", given, output_schema={"type": "object"}))
    assert (task.agent, task.prompt, task.tools, task.model, task.max_tokens) == (
        "writer",
        "hello",
        ("x",),
        "m",
        9,
    )
    assert task.output_schema == {"type": "object"}
    assert task.feedback == {"comment": "c"}


def test_no_tools_and_the_agents_own_tools_are_not_the_same() -> None:
    assert agent.task_of(work("agent", {"tools": []})).tools == ()
    assert agent.task_of(work("agent", {"tools": None})).tools is None


def test_a_team_task_and_a_tool_task() -> None:
    talk = team.task_of(work("team", {"mode": "selector", "members": ["a"], "prompt": "p", "max_turns": 3}))
    assert (talk.mode, talk.members, talk.max_turns) == ("selector", ("a",), 3)
    call = tool.task_of(work("tool", {"tool": "t", "arguments": {"a": 1}}))
    assert (call.tool, call.arguments) == ("t", {"a": 1})


def test_limits_are_the_smaller_of_what_is_left() -> None:
    step, run = Guardrails(max_requests=5, max_cost=1.0), Guardrails(max_requests=6, max_tokens=100)
    used = Usage(requests=4, prompt_tokens=70, completion_tokens=40)
    left = limits_left((step, Usage(requests=1), {}), (run, used, {}))
    assert left == Limits(max_requests=2, max_tokens=0, max_tool_calls=None, max_cost=1.0)
    left = limits_left((step, Usage(requests=1), {"max_cost": 0.5}), (run, used, {"max_requests": 9}))
    assert left == Limits(max_requests=4, max_tokens=0, max_tool_calls=None, max_cost=1.5)


def said(path: str, kind: str, output: Any, minute: int, **given: Any) -> StepRun:
    ended_at = AT.replace(minute=minute)
    return StepRun(path, path, kind, phase=Phase.SUCCEEDED, input=given, output=output, ended_at=ended_at)


def test_a_conversation_is_what_agents_said_in_order() -> None:
    messages = [{"agent": "x", "text": "1"}, {"agent": "y", "text": "2"}]
    ids = ["number", "late", "me", "same", "early", "talk"]
    plan = compile_plan(parse_definition(flow(*[agent_step(one) for one in ids])))
    steps = [
        said("talk", "team", {"text": "2", "messages": messages}, 3),
        said("same", "agent", "at once", 3, agent="twin"),
        said("late", "agent", {"score": 1}, 5, agent="judge"),
        said("early", "agent", "hello", 1, agent="writer"),
        said("number", "tool", {"n": 1}, 2),
        said("me", "agent", "myself", 4, agent="me"),
    ]
    state = RunState(steps={step.path: step for step in steps})
    assert conversation(plan, state, "me") == (
        Message("writer", "hello"),
        Message("twin", "at once"),
        Message("x", "1"),
        Message("y", "2"),
        Message("judge", '{"score": 1}'),
    )


def test_an_agent_hears_the_others_only_when_it_asks(worker: Worker, cast: Cast, fake: Any) -> None:
    steps = [agent_step("one"), agent_step("two"), agent_step("three", config={"conversation": True})]
    ended(start(cast, flow(*steps)))
    heard = {task.prompt: task.conversation for task in fake.tasks}
    assert heard["say two"] == ()
    assert [message.text for message in heard["say three"]] == ["one: say one", "two: say two"]
