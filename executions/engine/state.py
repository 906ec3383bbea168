"""What the engine knows of a run while it decides. Changed only by `apply`, in place: a run has one writer."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from executions.engine.index import Index


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

WORK_KINDS = frozenset({"agent", "team", "tool"})
"""Steps whose work is done by a runner outside the engine."""

ITERATION = "iteration"
"""The kind of a step run that is one pass of a loop."""

SCOPE_KINDS = frozenset({"parallel", "sequential", "loop", ITERATION})
"""Step runs that other step runs live in."""


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
        self.requests += other.requests
        self.prompt_tokens += other.prompt_tokens
        self.completion_tokens += other.completion_tokens
        self.tool_calls += other.tool_calls
        self.cost += other.cost

    def plus(self, other: "Usage") -> "Usage":
        """Both together."""
        total = replace(self)
        total.add(other)
        return total

    def beyond(self, other: "Usage") -> "Usage":
        """What this is more than another, nowhere less than nothing."""
        more = {name: max(getattr(self, name) - getattr(other, name), 0) for name in Usage.__slots__}
        return Usage(**more | {"cost": round(more["cost"], 8)})

    def __bool__(self) -> bool:
        """Whether anything was used."""
        return any(getattr(self, name) for name in Usage.__slots__)

    @property
    def tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(slots=True)
class StepRun:
    """The newest round of one activation. `due_at` is the earliest of the timers in `state["timers"]`.
    `path` is unique; `scope` is the path of what lies around it ('' at the top).

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
    index: "Index | None" = field(default=None, repr=False, compare=False)
    """Counters and timers derived from `steps`, made on first use; never stored."""
