"""The pure engine: what follows from a command, decided without a database, a clock or a network.

- `compile_plan(definition)` makes a definition ready; keep the plan.
- `advance(plan, state, command, clock)` gives a `Transition` (facts, effects, rows to write) or a `Rejection`.
  Inside, `handlers` decide, `apply` is the only thing that changes a run, `effects` says what the world must do.
- `pending_effects(plan, state)`, `next_due(state)`, `is_idle(state)` are for whoever holds the run.
- `state_to_json`, `state_from_json` carry a run over a restart with nothing lost.
"""

from executions.engine.advance import advance, is_idle, next_due
from executions.engine.apply import apply
from executions.engine.codec import (
    state_from_json,
    state_to_json,
    step_from_json,
    step_to_json,
    usage_from_json,
    usage_to_json,
)
from executions.engine.commands import Clock, Command, Rejection
from executions.engine.consequences import effects, pending_effects
from executions.engine.plan import Plan, compile_plan
from executions.engine.state import Phase, RunState, RunStatus, StepRun, Usage
from executions.engine.turn import Transition

__all__ = [
    "Clock",
    "Command",
    "Phase",
    "Plan",
    "Rejection",
    "RunState",
    "RunStatus",
    "StepRun",
    "Transition",
    "Usage",
    "advance",
    "apply",
    "compile_plan",
    "effects",
    "is_idle",
    "next_due",
    "pending_effects",
    "state_from_json",
    "state_to_json",
    "step_from_json",
    "step_to_json",
    "usage_from_json",
    "usage_to_json",
]
