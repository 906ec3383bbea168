"""What a step asks a person before it goes on: may this call be made, and whatever an agent wants to know.

A question is named by what is asked and how often the step has asked just this before, so that the answer is found
again when the step runs again, and holds for that one call with those arguments only.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from agents.runtime.contract import PersonsAnswer, Question
from agents.tools.ask_person import ask_person
from agents.tools.base import Tool

ASSIGNEE_KINDS = ("user:", "group:", "role:")


def about_call(tool: Tool, actor: str, arguments: Mapping[str, Any], before: int, cost: float) -> Question:
    """May this call be made?"""
    facts = {
        "agent": actor,
        "touches": list(tool.permissions),
        "repeatable": tool.idempotent,
        "cost": cost,
    }
    return Question(
        kind="tool",
        key=_name("tool", tool.slug, actor, arguments, before),
        title=f"May {actor} use “{tool.title}”?"[:200],
        description=tool.description.partition("\n")[0],
        data={"tool": tool.slug, "arguments": dict(arguments)},
        facts=facts,
    )


def about_anything(actor: str, arguments: Mapping[str, Any], before: int) -> Question:
    """What an agent wants to know from a person."""
    asked = str(arguments.get("question", "")).strip()
    return Question(
        kind="question",
        key=_name("question", ask_person.slug, actor, arguments, before),
        title=_first_line(asked) or f"{actor} has a question",
        description=asked,
        form=_form([str(one) for one in arguments.get("choices") or ()]),
        to=_addressee(str(arguments.get("to") or "")),
        facts={"agent": actor},
    )


def refusal(answer: PersonsAnswer) -> str:
    """Why a call was not made, for the model that wanted it."""
    if answer.status == "timed_out":
        return "No person allowed this call in time, so it was not made."
    why = answer.comment.strip()
    return f"A person refused this call: {why}" if why else "A person refused this call."


def reply(answer: PersonsAnswer) -> dict[str, Any]:
    """What a person said, for the model that asked."""
    if not answer.is_yes:
        return {"answer": None, "note": "Nobody answered in time; go on without, or say what is missing."}
    said = (answer.form or {}).get("answer")
    return {"answer": said if said is not None else answer.comment, "by": ", ".join(answer.by)}


def _name(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _first_line(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= 120 else f"{line[:119]}…"


def _form(choices: list[str]) -> dict[str, Any]:
    field: dict[str, Any] = {"type": "string", "title": "Answer", "minLength": 1, "maxLength": 5_000}
    if choices:
        field = {"enum": list(dict.fromkeys(choices)), "title": "Answer"}
    return {"type": "object", "properties": {"answer": field}, "required": ["answer"]}


def _addressee(to: str) -> tuple[str, ...]:
    """An agent writes an e-mail address, or a token as steps have them; anything else is nobody in particular."""
    to = to.strip()
    if to.startswith(ASSIGNEE_KINDS):
        return (to[:150],)
    return (f"user:{to[:150]}",) if "@" in to and " " not in to else ()
