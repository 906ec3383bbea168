"""What a runner is given: a step's resolved input and what the run around it knows."""

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from django.conf import settings

from agents.runtime.contract import Limits, Message
from executions.engine.effects import RunStep
from executions.engine.guardrails import COUNTS, left
from executions.engine.plan import Plan
from executions.engine.state import RunState, Usage
from workflows.schema import Guardrails, Step

SAID_AT_MOST = 200
"""How many earlier messages a conversation brings along, the newest."""


@dataclass(frozen=True, slots=True)
class Work:
    """One attempt of a step. `conversation` holds what earlier agents said when the step asks for it."""

    effect: RunStep
    step: Step
    feedback: dict[str, Any] | None
    limits: Limits
    conversation: tuple[Message, ...] = ()

    @property
    def input(self) -> dict[str, Any]:
        """The input as the engine resolved it."""
        given: dict[str, Any] = self.effect.input or {}
        return given


def runtime() -> ModuleType:
    """The module that does agents' work; imported on first use because it is heavy."""
    return importlib.import_module(getattr(settings, "AGENT_RUNTIME", "agents.runtime"))


def work_of(effect: RunStep, plan: Plan, state: RunState, recorded: Usage | None = None) -> Work:
    """Gather what a runner needs from the run as it stands.

    `recorded` is what the journal holds of this round; an attempt that was cut off has told the run nothing of it.
    """
    step, active = plan.steps[effect.step_id], state.steps[effect.path]
    untold = (recorded or Usage()).beyond(active.usage)
    wants_conversation = bool((effect.input or {}).get("conversation"))
    return Work(
        effect=effect,
        step=step,
        feedback=active.feedback,
        limits=limits_left(
            (step.guardrails, active.usage.plus(untold), active.state.get("granted", {})),
            (plan.definition.guardrails, state.usage.plus(untold), state.extra.get("granted", {})),
        ),
        conversation=conversation(plan, state, effect.path) if wants_conversation else (),
    )


type Allowance = tuple[Guardrails, Usage, Mapping[str, float]]
"""Limits, what was used of them, and what people have allowed on top."""


def limits_left(*allowances: Allowance) -> Limits:
    """What is left for a step: of its own limits and of the run's, the smaller."""

    def least(limit: str) -> Any:
        amounts = (left(rules, limit, used, granted) for rules, used, granted in allowances)
        return min((amount for amount in amounts if amount is not None), default=None)

    return Limits(**{limit: least(limit) for limit in COUNTS})


def conversation(plan: Plan, state: RunState, before: str) -> tuple[Message, ...]:
    """What agents and teams said so far in the run, oldest first; what ended at once, as the definition has it."""
    spoken = [
        step
        for step in state.steps.values()
        if step.kind in ("agent", "team")
        and step.path != before
        and step.ended_at
        and step.output is not None
    ]
    spoken.sort(key=lambda step: (step.ended_at, plan.position[step.step_id], step.path))
    return tuple(message for step in spoken for message in _said(step.input or {}, step.output))[
        -SAID_AT_MOST:
    ]


def _said(given: dict[str, Any], output: Any) -> list[Message]:
    if isinstance(output, dict) and isinstance(output.get("messages"), list):
        return [Message(str(one.get("agent", "")), str(one.get("text", ""))) for one in output["messages"]]
    speaker = str(given.get("agent") or given.get("capability") or "agent")
    return [Message(speaker, output if isinstance(output, str) else json.dumps(output, ensure_ascii=False))]
