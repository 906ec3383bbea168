"""Asking a person. The question goes into the inbox; the step goes on with the answer, however long that takes."""

from typing import Annotated, Any

from pydantic import Field

from agents.tools.base import ToolContext, ToolError, tool


@tool(slug="ask_person", title="Ask a person", permissions=("people",))
async def ask_person(
    context: ToolContext,
    question: Annotated[str, Field(min_length=1, max_length=5_000, description="What you want to know")],
    choices: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]],
        Field(max_length=20, description="Possible answers, if only some make sense"),
    ] = [],  # noqa: B006 - never changed
    to: Annotated[str, "E-mail address of a member, or group:name; empty for whoever is responsible"] = "",
) -> dict[str, Any]:
    """Ask a person something only people can know or decide, and wait for the answer."""
    if context.answer is None:
        raise ToolError("There is nobody to ask here.")
    return dict(context.answer)
