"""A tool step, and the rules that hold for every tool call."""

import asyncio
from dataclasses import replace

import pytest

from agents import operations
from agents.runtime import run_tool
from agents.runtime.contract import Limits, StepFailed, StepStopped, ToolTask
from agents.tools import catalogue
from agents.tools.base import Tool, ToolContext, tool
from convergio.threads import in_database
from tests.agents.ports import Ports, until
from tests.people import Cast

ADD = ToolTask("calculator", {"expression": "40 + 2"})


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A tool `charge` that must not run twice; the list holds the keys it was called with."""
    keys: list[str] = []

    @tool(slug="charge", idempotent=False, cost=0.5)
    async def charge(context: ToolContext, amount: int, seconds: float = 0) -> dict[str, int]:
        """Charge an amount."""
        keys.append(context.idempotency_key)
        await asyncio.sleep(seconds)
        return {"charged": amount}

    _add(monkeypatch, charge)
    return keys


def _add(monkeypatch: pytest.MonkeyPatch, *more: Tool) -> None:
    known = {**catalogue.catalogue(), **{found.slug: found for found in more}}
    monkeypatch.setattr("agents.runtime.workbench.catalogue", lambda: known)


async def test_a_tool_step_returns_what_the_tool_answers(ports: Ports) -> None:
    result = await run_tool(ADD, ports.context())
    assert result.output == {"expression": "40 + 2", "result": 42}
    assert result.spent.tool_calls == 1


@pytest.mark.parametrize(
    ("task", "words", "retryable"),
    [
        (ToolTask("nothing", {}), "no tool “nothing”", False),
        (ToolTask("calculator", {}), "expression", False),
        (ToolTask("calculator", {"expression": "1", "extra": 1}), "extra", False),
        (ToolTask("calculator", {"expression": "1/0"}), "zero", True),
    ],
)
async def test_a_wrong_call_is_a_sentence(ports: Ports, task: ToolTask, words: str, retryable: bool) -> None:
    with pytest.raises(StepFailed, match=words) as caught:
        await run_tool(task, ports.context())
    assert (caught.value.reason, caught.value.retryable) == ("tool_failed", retryable)


async def test_a_switched_off_tool_is_refused(ports: Ports, cast: Cast) -> None:
    await in_database(operations.set_tool, "calculator", by=cast.ben.actor, is_enabled=False)
    with pytest.raises(StepFailed, match="switched off"):
        await run_tool(ADD, ports.context())


async def test_a_finished_call_is_not_made_again(ports: Ports, counted: list[str]) -> None:
    task = ToolTask("charge", {"amount": 5})
    first = await run_tool(task, ports.context())
    second = await run_tool(task, ports.again())
    assert first.output == second.output == {"charged": 5}
    assert len(counted) == 1
    assert first.spent.cost == second.spent.cost == 0.5


async def test_a_call_with_unknown_outcome_is_not_repeated(ports: Ports, counted: list[str]) -> None:
    task = ToolTask("charge", {"amount": 5, "seconds": 30})
    work = asyncio.ensure_future(run_tool(task, ports.context()))
    await until(lambda: bool(counted))
    work.cancel()
    with pytest.raises(StepStopped):
        await work
    for _ in range(2):
        with pytest.raises(StepFailed, match="never reported") as caught:
            await run_tool(task, ports.again())
        assert (caught.value.reason, caught.value.retryable) == ("tool_outcome_unknown", False)
    assert len(counted) == 1


async def test_a_call_that_is_tried_again_keeps_its_key(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []

    @tool(slug="flaky")
    async def flaky(context: ToolContext) -> str:
        """Fail once."""
        keys.append(context.idempotency_key)
        if len(keys) == 1:
            raise RuntimeError("secret detail")
        return "done"

    _add(monkeypatch, flaky)
    with pytest.raises(StepFailed, match="failed unexpectedly") as caught:
        await run_tool(ToolTask("flaky", {}), ports.context())
    assert "secret detail" not in caught.value.sentence
    assert (await run_tool(ToolTask("flaky", {}), ports.again())).output == "done"
    assert keys[0] == keys[1]


async def test_a_slow_tool_is_stopped(ports: Ports, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    @tool(slug="slow", timeout_s=1)
    async def slow() -> str:
        """Take long."""
        await asyncio.sleep(20)
        return "late"

    _add(monkeypatch, slow)
    with pytest.raises(StepFailed, match="longer than 1 seconds"):
        await run_tool(ToolTask("slow", {}), ports.context())


async def test_a_slow_tool_that_must_not_run_twice_leaves_its_outcome_open(
    ports: Ports, counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.runtime.workbench.Workbench._policy", lambda *_: _policy_of(1))
    with pytest.raises(StepFailed) as caught:
        await run_tool(ToolTask("charge", {"amount": 1, "seconds": 20}), ports.context())
    assert caught.value.reason == "tool_outcome_unknown"


def _policy_of(seconds: int) -> object:
    from agents.runtime.workbench import ToolPolicy

    return replace(ToolPolicy(), timeout_s=seconds)


@pytest.mark.parametrize(
    ("limits", "code"),
    [(Limits(max_tool_calls=0), "guardrail_tool_calls"), (Limits(max_cost=0.1), "guardrail_cost")],
)
async def test_limits_hold_before_a_tool_is_called(
    ports: Ports, counted: list[str], limits: Limits, code: str
) -> None:
    with pytest.raises(StepFailed) as caught:
        await run_tool(ToolTask("charge", {"amount": 1}, limits), ports.context())
    assert caught.value.reason == code
    assert counted == []


async def test_an_answer_that_is_no_json_is_a_sentence(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    @tool(slug="odd")
    def odd() -> object:
        """Answer with an object."""
        return object()

    _add(monkeypatch, odd)
    with pytest.raises(StepFailed, match="not JSON"):
        await run_tool(ToolTask("odd", {}), ports.context())
