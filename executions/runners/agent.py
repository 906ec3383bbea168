"""An agent step."""

from agents.runtime.contract import AgentTask, Result, StepContext
from executions.runners.work import Work, runtime


def task_of(work: Work) -> AgentTask:
    """The task as the agents app wants it."""
    given = work.input
    tools = given.get("tools")
    return AgentTask(
        agent=given.get("agent") or "",
        prompt=given.get("prompt") or "",
        capability=given.get("capability") or "",
        tools=None if tools is None else tuple(tools),
        model=given.get("model") or "",
        max_tokens=given.get("max_tokens"),
        output_schema=given.get("output_schema", work.step.output_schema),
        conversation=work.conversation,
        feedback=work.feedback,
        limits=work.limits,
        ask_first=tuple(given.get("ask_first") or ()),
    )


async def run(work: Work, context: StepContext) -> Result:
    """Have the agent answer."""
    result: Result = await runtime().run_agent(task_of(work), context)
    return result
