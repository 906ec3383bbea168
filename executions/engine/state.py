"""What the engine knows of a run while it decides. Changed only by `apply`, in place: a run has one writer."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class RunStatus(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"


class Phase(StrEnum):
    """Where one step run stands."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


ENDED_RUNS = frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.TIMED_OUT})
ACTIVE_PHASES = frozenset({Phase.RUNNING, Phase.WAITING, Phase.RETRYING})
ENDED_PHASES = frozenset({Phase.SUCCEEDED, Phase.FAILED, Phase.SKIPPED, Phase.CANCELLED})


@dataclass(slots=True)
class Usage:
    """What work consumed; cost in US dollars."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    tool_calls: int = 0
    cost: float = 0.0

    def add(self, other: "Usage") -> None:
        """Count another usage in."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(slots=True)
class StepRun:
    """The newest round of one activation. `path` is unique; `scope` is the path of what lies around it ('' at the top).

    A loop's iteration is a step run of its own with kind "iteration" and a path like `each[3]`; what runs inside it has
    that path as scope and paths like `each[3].draft`. Steps in a parallel or sequential container have the container's
    path as scope.
    """

    path: str
    step_id: str
    kind: str
    scope: str = ""
    round: int = 0
    phase: Phase = Phase.PENDING
    attempt: int = 0
    port: str = ""
    input: Any = None
    output: Any = None
    error: dict[str, Any] | None = None
    feedback: dict[str, Any] | None = None
    state: dict[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    usage: Usage = field(default_factory=Usage)
    served_by: str = ""


@dataclass(slots=True)
class RunState:
    """A run: its step runs by path (closed iterations have left it), and what holds for all of them."""

    status: RunStatus = RunStatus.QUEUED
    inputs: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    steps: dict[str, StepRun] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    seq: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    """Anything else the engine keeps for the whole run; stored as JSON with the execution, so keep it small."""
