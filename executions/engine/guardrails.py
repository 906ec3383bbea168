"""Limits on what a step and a run may consume; a breach stops, or asks. Wall time is a timer, see timers.py."""

from collections.abc import Mapping
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
        return f"{who} used {figure(self.value)} {unit}; its limit is {figure(self.allowed)}."


FORESEEN = {f"guardrail_{limit.removeprefix('max_')}": limit for limit in COUNTS}
"""What a runner says that stopped before a call because it would have passed a limit."""


def allowed(limits: Guardrails, limit: str, granted: Mapping[str, float]) -> float | None:
    """What may be used in all: the limit, and what people have allowed on top."""
    plain: float | None = getattr(limits, limit)
    return None if plain is None else plain + granted.get(limit, 0)


def breach(limits: Guardrails, used: Usage, granted: Mapping[str, float]) -> Breach | None:
    """The first limit that was passed, if any."""
    for limit, (name, _unit) in COUNTS.items():
        most, value = allowed(limits, limit, granted), getattr(used, name)
        if most is not None and value > most:
            return Breach(limit, value, most)
    return None


def left(limits: Guardrails, limit: str, used: Usage, granted: Mapping[str, float]) -> float | None:
    """What is left of a limit; None when there is none."""
    most = allowed(limits, limit, granted)
    return None if most is None else max(most - getattr(used, COUNTS[limit][0]), 0)


def figure(value: float) -> str:
    """A number as people read it."""
    return f"{value:,.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
