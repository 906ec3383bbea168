"""A tool that waits, as other engines' benchmarks have their steps sleep; the product finds it by its entry point."""

import asyncio
from pathlib import Path
from typing import Annotated

from agents.tools.base import tool


@tool(slug="pause")
async def pause(seconds: Annotated[float, "How long to wait"]) -> float:
    """Wait, holding nothing."""
    await asyncio.sleep(seconds)
    return seconds


def announce(folder: Path) -> Path:
    """Write what makes `folder`, once on the import path, a package that brings the tool."""
    notes = folder / "convergio_bench-0.dist-info"
    notes.mkdir(parents=True)
    (notes / "METADATA").write_text("Metadata-Version: 2.1\nName: convergio-bench\nVersion: 0\n")
    (notes / "entry_points.txt").write_text("[convergio.tools]\npause = tests.bench.tools:pause\n")
    return folder
