"""What must be done after a transition is committed. The shell does it; doing it twice must be harmless."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RunStep:
    """Do a step's outside work (agent, team, tool) with its resolved input.

    `asked` counts how often it has asked a person so far: an attempt that goes on has done part of its work before.
    """

    path: str
    round: int
    attempt: int
    step_id: str
    kind: str
    input: Any
    asked: int = 0


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Ask people: an approval or a form (`kind`), with the resolved config as `input`.

    `question` tells apart what one round of a step asks in the middle of its work; then `kind` is one of
    `asking.KINDS`.
    """

    path: str
    round: int
    step_id: str
    kind: str
    input: dict[str, Any]
    question: str = ""


@dataclass(frozen=True, slots=True)
class WithdrawRequest:
    """Nobody needs to answer any more."""

    path: str
    round: int
    question: str = ""


@dataclass(frozen=True, slots=True)
class StartChild:
    """Start another workflow's run for a step. `workflow` is a slug, `version` None for the newest."""

    path: str
    round: int
    workflow: str
    version: int | None
    inputs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CancelStep:
    """Stop a step's outside work, or the child run it started."""

    path: str
    round: int


@dataclass(frozen=True, slots=True)
class TellParent:
    """The run has ended; whoever started it as a sub-workflow wants to know."""


type Effect = RunStep | OpenRequest | WithdrawRequest | StartChild | CancelStep | TellParent
