"""Running agents, teams and tools: tasks in, results out (see `contract`).

AutoGen takes a second or two to import, so it is imported by the first step that needs it; a worker calls `warm_up`
before it takes work.
"""

from agents.runtime.contract import AgentTask, Result, StepContext, TeamTask, ToolTask


def warm_up() -> None:
    """Import what steps need."""
    import agents.runtime.autogen.run  # noqa: F401


async def run_agent(task: AgentTask, context: StepContext) -> Result:
    """Do an agent step's work. Raises StepFailed or, when the surrounding task is cancelled, StepStopped."""
    from agents.runtime.autogen import run

    return await run.run_agent(task, context)


async def run_team(task: TeamTask, context: StepContext) -> Result:
    """Do a team step's work. Raises StepFailed or, when the surrounding task is cancelled, StepStopped."""
    from agents.runtime.autogen import run

    return await run.run_team(task, context)


async def run_tool(task: ToolTask, context: StepContext) -> Result:
    """Do a tool step's work. Raises StepFailed or, when the surrounding task is cancelled, StepStopped."""
    from agents.runtime.autogen import run

    return await run.run_tool(task, context)
