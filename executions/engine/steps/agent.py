"""An agent answers a prompt."""

from typing import Any

from executions.engine.steps import work
from executions.engine.steps.kind import Kind, limits, text
from workflows.expressions import Scope
from workflows.schema import AgentStep


def prepare(step: AgentStep, scope: Scope) -> dict[str, Any]:
    """The prompt with its variables filled in, and who is to answer it."""
    config = step.config
    asks = {"ask_first": list(config.ask_first)} if config.ask_first else {}
    return asks | {
        "agent": config.agent,
        "capability": config.capability,
        "prompt": text(config.prompt, scope),
        "tools": None if config.tools is None else list(config.tools),
        "model": config.model,
        "max_tokens": config.max_tokens,
        "conversation": config.conversation,
        "output_schema": step.output_schema,
        "guardrails": limits(step),
    }


KIND = Kind(prepare, work.begin, work.effect, work.withdraw)
