"""A run as plain JSON and back, with nothing lost; what the store keeps in columns is the same set of fields."""

from datetime import datetime
from typing import Any

from executions.engine.state import Phase, RunState, RunStatus, StepRun, Usage

USAGE_FIELDS = ("requests", "prompt_tokens", "completion_tokens", "tool_calls", "cost")
_PLAIN_ADDRESS = ("path", "step_id", "kind", "scope", "round", "attempt")
_PLAIN_STEP = (*_PLAIN_ADDRESS, "port", "input", "output", "error", "feedback", "state", "served_by")
_PLAIN_RUN = ("inputs", "context", "outputs", "error", "seq", "extra")
_STEP_TIMES = ("due_at", "started_at", "ended_at")
_RUN_TIMES = ("started_at", "ended_at")


def usage_to_json(usage: Usage) -> dict[str, Any]:
    """Only what is not zero."""
    return {name: value for name in USAGE_FIELDS if (value := getattr(usage, name))}


def usage_from_json(data: dict[str, Any]) -> Usage:
    """The other way; unknown keys are an error."""
    return Usage(**data)


def step_to_json(step: StepRun) -> dict[str, Any]:
    """One step run as JSON."""
    plain = {name: getattr(step, name) for name in _PLAIN_STEP}
    return plain | _times(step, _STEP_TIMES) | {"phase": str(step.phase), "usage": usage_to_json(step.usage)}


def step_from_json(data: dict[str, Any]) -> StepRun:
    """A step run from `step_to_json`; missing fields have their defaults."""
    plain = {name: data[name] for name in _PLAIN_STEP if name in data}
    phase = Phase(data.get("phase", Phase.PENDING))
    usage = usage_from_json(data.get("usage", {}))
    return StepRun(**plain, **_moments(data, _STEP_TIMES), phase=phase, usage=usage)


def state_to_json(state: RunState) -> dict[str, Any]:
    """A whole run as JSON."""
    plain = {name: getattr(state, name) for name in _PLAIN_RUN}
    steps = [step_to_json(step) for step in state.steps.values()]
    rest = {"status": str(state.status), "usage": usage_to_json(state.usage), "steps": steps}
    return plain | _times(state, _RUN_TIMES) | rest


def state_from_json(data: dict[str, Any]) -> RunState:
    """A run from `state_to_json`."""
    plain = {name: data[name] for name in _PLAIN_RUN if name in data}
    steps = {one["path"]: step_from_json(one) for one in data.get("steps", ())}
    status = RunStatus(data.get("status", RunStatus.QUEUED))
    usage = usage_from_json(data.get("usage", {}))
    return RunState(**plain, **_moments(data, _RUN_TIMES), status=status, usage=usage, steps=steps)


def _times(thing: StepRun | RunState, names: tuple[str, ...]) -> dict[str, str | None]:
    return {name: moment.isoformat() if (moment := getattr(thing, name)) else None for name in names}


def _moments(data: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: datetime.fromisoformat(data[name]) if data.get(name) else None for name in names}
