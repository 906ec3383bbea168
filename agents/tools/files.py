"""Files in the run's own space."""

import re
from typing import Annotated, Any

from pydantic import Field

from agents.tools.base import ToolContext, ToolError, tool

LARGEST = 5_000_000
_UNFIT = re.compile(r"[\x00-\x1f/\\:*?\"<>|\x7f]")
_TYPES = {
    "md": "text/markdown",
    "csv": "text/csv",
    "json": "application/json",
    "html": "text/html",
    "txt": "text/plain",
}


def _name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 200 or _UNFIT.search(name) or name.startswith("."):
        raise ToolError("A file's name has 1 to 200 characters, no folder in it and no leading dot.")
    return name


@tool(slug="file_read", title="Read a file", permissions=("files",))
async def file_read(
    context: ToolContext,
    file: Annotated[str, "Name or id of a file of this run"],
    start: Annotated[int, Field(ge=0, description="Character to begin at")] = 0,
    max_characters: Annotated[int, Field(ge=1, le=100_000)] = 20_000,
) -> dict[str, Any]:
    """Read a text file of this run, in pieces when it is long."""
    content = await context.files.read(file)
    if b"\x00" in content[:4096]:
        raise ToolError(f"“{file}” is not a text file.")
    text = content.decode("utf-8-sig", errors="replace")
    piece = text[start : start + max_characters]
    return {"file": file, "text": piece, "characters": len(text), "is_cut": start + len(piece) < len(text)}


@tool(slug="file_write", title="Write a file", permissions=("files",))
async def file_write(
    context: ToolContext,
    name: Annotated[str, "Such as report.md"],
    content: Annotated[str, "The whole text"],
) -> dict[str, Any]:
    """Save a text file in this run; one of the same name is replaced."""
    name, data = _name(name), content.encode("utf-8", errors="replace")
    if len(data) > LARGEST:
        raise ToolError(f"The file is larger than {LARGEST:,} bytes.")
    kind = _TYPES.get(name.rpartition(".")[2].lower(), "text/plain")
    return await context.files.write(name, data, kind)


@tool(slug="file_list", title="List files", permissions=("files",))
async def file_list(context: ToolContext) -> list[dict[str, Any]]:
    """List the files of this run: uploads and what tools wrote."""
    return await context.files.list()
