"""Answers of a declared shape: checked, and asked for again with the finding when they do not fit."""

from collections.abc import Awaitable, Callable
from typing import Any

from agents.runtime.output import parse
from agents.runtime.prompts import repair_message
from agents.runtime.session import Session

REPAIRS = 2

type AskText = Callable[[str], Awaitable[str]]


async def structured(ask: AskText, prompt: str, schema: dict[str, Any], session: Session) -> Any:
    """Return a value that fits the schema. Raises StepFailed (output_invalid) after two repairs in vain.

    The recorded answers are forgotten then, so that a retry of the step asks afresh.
    """
    said = prompt
    for _ in range(1 + REPAIRS):
        value, wrong = parse(await ask(said), schema)
        if not wrong:
            return value
        said = repair_message(wrong)
    await session.context.journal.forget_models()
    raise session.failed(
        "output_invalid",
        f"The answer did not fit the declared output schema, even when asked again {REPAIRS} times: {wrong[0]}.",
    )
