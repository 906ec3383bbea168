"""A tool is called once."""

from typing import Any

from executions.engine.steps import work
from executions.engine.steps.kind import Kind, limits
from workflows.expressions import Scope, resolve
from workflows.schema import ToolStep


def prepare(step: ToolStep, scope: Scope) -> dict[str, Any]:
    """The arguments with their variables filled in."""
    arguments = resolve(step.config.arguments, scope)
    given = {"tool": step.config.tool, "arguments": arguments, "guardrails": limits(step)}
    return given | ({"ask_first": True} if step.config.ask_first else {})


KIND = Kind(prepare, work.begin, work.effect, work.withdraw)
