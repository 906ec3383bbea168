"""Starting another workflow, without waiting for it."""

from typing import Annotated, Any

from agents.tools.base import ToolContext, tool


@tool(slug="start_workflow", title="Start a workflow", permissions=("start",))
async def start_workflow(
    context: ToolContext,
    workflow: Annotated[str, "Slug of a published workflow"],
    inputs: Annotated[dict[str, Any] | None, "Its declared inputs by name"] = None,
) -> dict[str, Any]:
    """Start a published workflow and return the id of its run at once. Trying again starts nothing twice."""
    run = await context.start_workflow(workflow, inputs or {}, context.idempotency_key)
    return {"workflow": workflow, "execution": run}
