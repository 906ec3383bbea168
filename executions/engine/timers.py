"""Times that a run waits for. A step keeps its own by name in `state["timers"]`.

| timer | when it comes |
| --- | --- |
| retry | the next attempt begins |
| wake | a wait ends on done |
| expire | a wait for an event ends on timeout |
| timeout | the attempt fails with code timeout |
| wall | the step fails with code guardrail_max_wall_s |
| sla | sla.breached, once; the step goes on (the run has one of its own, in `state.extra`) |
"""

from datetime import datetime
from typing import Any

from executions.engine.state import RunState, StepRun
from executions.engine.turn import Turn
from workflows.schema import Step


def starting(turn: Turn, step: Step, run: StepRun | None) -> dict[str, str]:
    """The timers of a new attempt: its timeout from now; wall time and SLA as its first attempt set them."""
    kept = {} if run is None else run.state.get("timers", {})
    first = run is None or run.started_at is None
    timers: dict[str, str] = {name: kept[name] for name in ("wall", "sla") if name in kept}
    if step.timeout_s is not None:
        timers["timeout"] = turn.moment(step.timeout_s)
    if first and step.guardrails.max_wall_s is not None:
        timers["wall"] = turn.moment(step.guardrails.max_wall_s)
    if first and step.sla is not None:
        timers["sla"] = turn.moment(step.sla.target_s)
    return timers


def retrying(turn: Turn, run: StepRun, delay_s: float) -> dict[str, Any]:
    """The state of a step between two attempts."""
    kept = {name: at for name, at in run.state.get("timers", {}).items() if name in ("wall", "sla")}
    return run.state | {"timers": kept | {"retry": turn.moment(delay_s)}}


def earliest(state: dict[str, Any]) -> str | None:
    """The first of a step's timers."""
    return min(state.get("timers", {}).values(), key=datetime.fromisoformat, default=None)


def come(run: StepRun, now: datetime) -> list[str]:
    """The names of a step's timers that have come, earliest first."""
    timers = {name: datetime.fromisoformat(at) for name, at in run.state.get("timers", {}).items()}
    return sorted((name for name, at in timers.items() if at <= now), key=lambda name: timers[name])


def deadline(state: RunState) -> datetime | None:
    """When the whole run is out of time."""
    return _of_run(state, "deadline")


def promise(state: RunState) -> datetime | None:
    """When the whole run will have taken longer than it should; None once that was told."""
    return _of_run(state, "sla")


def _of_run(state: RunState, name: str) -> datetime | None:
    written = state.extra.get(name)
    return datetime.fromisoformat(written) if written else None
