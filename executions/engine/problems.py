"""What to do about a step that failed. The answers are tried in this order:

| answer | when |
| --- | --- |
| TryAgain | the problem may pass, and the step's retry policy has attempts left |
| AskAnother | on_error fallback, once |
| GoOn | on_error continue: succeeded with the default |
| TakePort | on_error port: failed, and its `error` port is live |
| AskPerson | on_error ask: what is to be done is for a person to say |
| Give up (None) | what lies around it fails too |
"""

from dataclasses import dataclass, field
from typing import Any

from executions.engine.codec import usage_to_json
from executions.engine.retry import delay
from executions.engine.state import StepRun, Usage
from executions.engine.turn import Turn
from workflows.schema import OnErrorAsk, OnErrorContinue, OnErrorFallback, OnErrorPort, Step

UNFORGIVABLE = frozenset({"approval"})
"""Steps whose failure never counts as success: nobody may be taken to have agreed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a step failed. `path` is where it began; `stopped` says that work outside may still be going on."""

    code: str
    message: str
    path: str
    retryable: bool = False
    usage: Usage = field(default_factory=Usage)
    served_by: str = ""
    stopped: bool = False
    limit: "Reached | None" = None

    @property
    def error(self) -> dict[str, Any]:
        """As it is stored."""
        return {"code": self.code, "message": self.message, "step": self.path}

    @property
    def facts(self) -> dict[str, Any]:
        """What the events about it say."""
        used = {"usage": usage_to_json(self.usage), "served_by": self.served_by}
        return {"error": self.error, "stopped": self.stopped} | used


@dataclass(frozen=True, slots=True)
class Reached:
    """A limit that was reached and that a person may raise.

    `scope` is step or run; `done` is how the step has ended all the same: {"output", "port"}.
    """

    scope: str
    limit: str
    value: float
    allowed: float
    done: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TryAgain:
    """After a delay in seconds."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class AskAnother:
    """At once, with another agent."""

    agent: str


@dataclass(frozen=True, slots=True)
class GoOn:
    """As if it had succeeded with this output."""

    output: Any
    port: str


@dataclass(frozen=True, slots=True)
class TakePort:
    """Failed, but its error port is live."""


@dataclass(frozen=True, slots=True)
class AskPerson:
    """A person says what is to be done."""

    policy: OnErrorAsk


type Answer = TryAgain | AskAnother | GoOn | TakePort | AskPerson | None


def answer_to(turn: Turn, run: StepRun, problem: Problem) -> Answer:
    """The first answer that the step's policies give."""
    step = turn.step_of(run)
    if _may_try_again(step, run, problem):
        return TryAgain(delay(step.retry, int(run.state.get("tries", 1)), turn.clock.random))
    match step.on_error:
        case OnErrorFallback(agent=agent) if "fallback" not in run.state and run.input is not None:
            return AskAnother(agent)
        case OnErrorContinue(default=default) if step.type not in UNFORGIVABLE:
            return GoOn(default, turn.plan.way_on(step.id))
        case OnErrorPort():
            return TakePort()
        case OnErrorAsk():
            return AskPerson(step.on_error)
        case _:
            return None


def _may_try_again(step: Step, run: StepRun, problem: Problem) -> bool:
    return (
        problem.retryable and "fallback" not in run.state and run.state.get("tries", 1) < step.retry.attempts
    )
