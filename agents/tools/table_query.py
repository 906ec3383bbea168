"""Asking a table for exact figures."""

import asyncio
from typing import Annotated, Any

from pydantic import Field

from agents.tools.base import ToolContext, tool
from agents.tools.tables.query import MOST_ROWS, Aggregate, Query, Where, run
from agents.tools.tables.reading import read_table


@tool(slug="table_query", title="Query a table", permissions=("files",), timeout_s=120)
async def table_query(
    context: ToolContext,
    file: Annotated[str, "Name or id of a CSV, TSV or JSON-records file of this run"],
    *,
    where: Annotated[list[Where] | None, "Conditions that must all hold"] = None,
    group_by: Annotated[list[str] | None, "Columns to group by"] = None,
    aggregate: Annotated[list[Aggregate] | None, "Figures for each group, named like sum_revenue"] = None,
    columns: Annotated[list[str] | None, "Columns to return when nothing is grouped"] = None,
    sort: Annotated[str, "Column of the answer to sort by"] = "",
    descending: bool = False,
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 50,
) -> dict[str, Any]:
    """Filter, group, aggregate and sort a table. Sums are exact, means have four places; never estimate instead."""
    query = Query(
        where=where or [],
        group_by=group_by or [],
        aggregate=aggregate or [],
        columns=columns or [],
        sort=sort,
        descending=descending,
        limit=limit,
    )
    content = await context.files.read(file)
    return await asyncio.to_thread(lambda: run(read_table(content), query))
