"""Looking at a table before anybody draws a conclusion from it."""

import asyncio
from typing import Annotated, Any

from agents.tools.base import ToolContext, tool
from agents.tools.tables.profile import profile
from agents.tools.tables.reading import read_table


def profile_bytes(content: bytes) -> dict[str, Any]:
    """Return the profile of a file's table. Raises ToolError."""
    return profile(read_table(content))


@tool(slug="table_profile", title="Profile a table", permissions=("files",), timeout_s=120)
async def table_profile(
    context: ToolContext,
    file: Annotated[str, "Name or id of a CSV, TSV or JSON-records file of this run"],
) -> dict[str, Any]:
    """Compute what a table holds: types, missing and distinct values, statistics, frequent values, correlations."""
    content = await context.files.read(file)
    return {"file": file} | await asyncio.to_thread(profile_bytes, content)
