"""Several agents talk about a prompt."""

from typing import Any

from executions.engine.steps import work
from executions.engine.steps.kind import Kind, limits, text
from workflows.expressions import Scope
from workflows.schema import TeamStep


def prepare(step: TeamStep, scope: Scope) -> dict[str, Any]:
    """The prompt with its variables filled in, and who is to talk."""
    config = step.config
    asks = {"ask_first": list(config.ask_first)} if config.ask_first else {}
    return asks | {
        "mode": config.mode,
        "members": list(config.members),
        "prompt": text(config.prompt, scope),
        "max_turns": config.max_turns,
        "stop_word": config.stop_word,
        "selector_prompt": text(config.selector_prompt, scope),
        "max_tokens": config.max_tokens,
        "guardrails": limits(step),
    }


KIND = Kind(prepare, work.begin, work.effect, work.withdraw)
