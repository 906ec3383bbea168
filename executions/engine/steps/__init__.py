"""One file a step type, all alike: `prepare` its input, `begin` it, and what its answers lead to."""

from executions.engine.steps import (
    agent,
    approval,
    condition,
    input,
    loop,
    parallel,
    sequential,
    team,
    tool,
    transform,
    wait,
    workflow,
)
from executions.engine.steps.kind import Kind

KINDS: dict[str, Kind] = {
    "agent": agent.KIND,
    "team": team.KIND,
    "tool": tool.KIND,
    "condition": condition.KIND,
    "approval": approval.KIND,
    "input": input.KIND,
    "parallel": parallel.KIND,
    "sequential": sequential.KIND,
    "loop": loop.KIND,
    "transform": transform.KIND,
    "wait": wait.KIND,
    "workflow": workflow.KIND,
}
