"""When a step may start: what its incoming edges say.

| join | starts when |
| --- | --- |
| all | every edge is settled and one is live |
| any | the first edge is live |
| first n | the n-th edge is live, or every edge is settled and one is live |

An edge is live when its source ended on that edge's port, dead when it ended otherwise, pending before. When every edge
is dead the step is skipped. A step without incoming edges starts with its container.
"""

from enum import Enum
from typing import assert_never

from executions.engine.address import join_path
from executions.engine.plan import Plan
from executions.engine.state import ENDED_PHASES, Phase, RunState, StepRun
from workflows.schema import Edge, FirstJoin, Step


class Verdict(Enum):
    """What a step's edges say."""

    WAIT = "wait"
    START = "start"
    SKIP = "skip"


def judge(plan: Plan, state: RunState, scope: str, step_id: str) -> Verdict:
    """Look at the incoming edges of a step that has not started."""
    edges = plan.incoming[step_id]
    if not edges:
        return Verdict.START
    live = settled = 0
    for edge in edges:
        source = state.steps.get(join_path(scope, edge.source))
        if source is not None and source.phase in ENDED_PHASES:
            settled += 1
            live += is_live(edge, source)
    if live and (settled == len(edges) or live >= needed(plan.steps[step_id])):
        return Verdict.START
    return Verdict.SKIP if settled == len(edges) else Verdict.WAIT


def is_live(edge: Edge, source: StepRun) -> bool:
    """Whether an ended source goes on along this edge."""
    return source.phase in (Phase.SUCCEEDED, Phase.FAILED) and edge.port == source.port


def needed(step: Step) -> float:
    """How many live edges are enough while others are pending."""
    match step.join:
        case "all":
            return float("inf")
        case "any":
            return 1
        case FirstJoin(first=count):
            return count
        case other:
            assert_never(other)
