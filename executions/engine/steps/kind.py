"""What every step type tells the engine, and what can come of starting or answering a step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from executions.engine.effects import Effect
from executions.engine.state import StepRun
from executions.engine.turn import Turn
from workflows.expressions import Scope, as_text, resolve


@dataclass(frozen=True, slots=True)
class Working:
    """A runner outside does it."""


@dataclass(frozen=True, slots=True)
class Inside:
    """It goes on in the steps that it contains."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """It waits: `state` says for what, `timers` until when (ISO times by name)."""

    state: dict[str, Any] = field(default_factory=dict)
    timers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """It ended well, on a port."""

    output: Any
    port: str = "done"


@dataclass(frozen=True, slots=True)
class Broken:
    """It ended badly."""

    code: str
    message: str
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class Revise:
    """A reviewer wants the work done again from `step_id` on, up to the gate at the path `gate`."""

    step_id: str
    gate: str
    feedback: dict[str, Any]


type Outcome = Working | Inside | Waiting | Done | Broken | Revise


@dataclass(frozen=True, slots=True)
class Kind:
    """A step type. `prepare` resolves its input (raises InvalidInput), `begin` says what comes of starting it.

    `effect` is what the world must do while the step is active, `withdraw` what it must do when that path and round
    stops early.
    """

    prepare: Callable[[Any, Scope], dict[str, Any]]
    begin: Callable[[Turn, StepRun], Outcome]
    effect: Callable[[StepRun], Effect | None] = lambda run: None
    withdraw: Callable[[str, int], Effect | None] = lambda path, round: None


def text(template: str, scope: Scope) -> str:
    """A resolved template, always as text."""
    return as_text(resolve(template, scope))


def limits(step: Any) -> dict[str, Any]:
    """The step's guardrails for its runner: only what is set."""
    given: dict[str, Any] = step.guardrails.model_dump(
        exclude_none=True, exclude_defaults=True, exclude={"on_breach", "assignees"}
    )
    return given
