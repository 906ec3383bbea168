"""A tool step."""

from agents.runtime.contract import Result, StepContext, ToolTask
from executions.runners.work import Work, runtime


def task_of(work: Work) -> ToolTask:
    """The task as the agents app wants it."""
    given = work.input
    return ToolTask(
        tool=given.get("tool") or "",
        arguments=dict(given.get("arguments") or {}),
        limits=work.limits,
        ask_first=bool(given.get("ask_first")),
    )


async def run(work: Work, context: StepContext) -> Result:
    """Call the tool."""
    result: Result = await runtime().run_tool(task_of(work), context)
    return result
