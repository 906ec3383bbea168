"""What does a step's outside work: one file a kind, each makes a task for `agents.runtime` out of a resolved input."""

from collections.abc import Callable, Coroutine
from typing import Any

from agents.runtime.contract import Result, StepContext
from executions.runners import agent, team, tool
from executions.runners.work import Work

type Runner = Callable[[Work, StepContext], Coroutine[Any, Any, Result]]

RUNNERS: dict[str, Runner] = {"agent": agent.run, "team": team.run, "tool": tool.run}

__all__ = ["RUNNERS", "Work"]
