"""Limits on what a step and a run may consume; a breach stops. Wall time is a timer, see timers.py."""

from dataclasses import dataclass

from executions.engine.state import Usage
from workflows.schema import Guardrails

COUNTS = {
    "max_requests": ("requests", "model requests"),
    "max_tokens": ("tokens", "tokens"),
    "max_tool_calls": ("tool_calls", "tool calls"),
    "max_cost": ("cost", "US dollars"),
}


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that was passed."""

    limit: str
    value: float
    allowed: float

    @property
    def code(self) -> str:
        """For programs."""
        return f"guardrail_{self.limit}"

    def sentence(self, who: str) -> str:
        """For people: what was used, and what was allowed."""
        unit = COUNTS[self.limit][1]
        return f"{who} used {_figure(self.value)} {unit}; its limit is {_figure(self.allowed)}."


def breach(limits: Guardrails, used: Usage) -> Breach | None:
    """The first limit that was passed, if any."""
    for limit, (name, _unit) in COUNTS.items():
        allowed, value = getattr(limits, limit), getattr(used, name)
        if allowed is not None and value > allowed:
            return Breach(limit, value, allowed)
    return None


def _figure(value: float) -> str:
    return f"{value:,.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
