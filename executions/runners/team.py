"""A team step."""

from agents.runtime.contract import Result, StepContext, TeamTask
from executions.runners.work import Work, runtime


def task_of(work: Work) -> TeamTask:
    """The task as the agents app wants it."""
    given = work.input
    return TeamTask(
        mode=given.get("mode") or "round_robin",
        members=tuple(given.get("members") or ()),
        prompt=given.get("prompt") or "",
        max_turns=given.get("max_turns") or 6,
        stop_word=given.get("stop_word") or "",
        selector_prompt=given.get("selector_prompt") or "",
        max_tokens=given.get("max_tokens"),
        output_schema=given.get("output_schema", work.step.output_schema),
        feedback=work.feedback,
        limits=work.limits,
        ask_first=tuple(given.get("ask_first") or ()),
    )


async def run(work: Work, context: StepContext) -> Result:
    """Have the team talk."""
    result: Result = await runtime().run_team(task_of(work), context)
    return result
