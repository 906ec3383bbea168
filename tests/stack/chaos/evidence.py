"""What is left of a day of faults, as plain values: the rows of the database and what the servers around it saw."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.stack.chaos.recorder import Effect

ANY: Any = object()
"""Where an expectation leaves a value open."""


@dataclass(frozen=True, slots=True)
class Used:
    """What was consumed; cost in US dollars."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    tool_calls: int = 0
    cost: Decimal = Decimal(0)

    def __add__(self, other: "Used") -> "Used":
        mine, theirs = _amounts(self), _amounts(other)
        return Used(*(one + two for one, two in zip(mine, theirs, strict=True)))  # type: ignore[arg-type]


def _amounts(used: Used) -> tuple[int | Decimal, ...]:
    return used.requests, used.prompt_tokens, used.completion_tokens, used.tool_calls, used.cost


@dataclass(frozen=True, slots=True)
class Run:
    """A run. `key` is the input by which everything of it can be traced."""

    id: uuid.UUID
    key: str
    shape: str
    status: str
    outputs: Any
    error: Any
    seq: int
    last_hash: str
    owner: str
    parent: uuid.UUID | None
    used: Used


@dataclass(frozen=True, slots=True)
class Step:
    """A step run."""

    run: uuid.UUID
    path: str
    round: int
    kind: str
    status: str
    used: Used


@dataclass(frozen=True, slots=True)
class Event:
    """A line of a run's log."""

    run: uuid.UUID
    seq: int
    at: datetime
    type: str
    path: str
    data: Any
    hash: str


@dataclass(frozen=True, slots=True)
class Call:
    """A journaled call. `prompt` is what a model was asked, empty for a tool."""

    run: uuid.UUID
    path: str
    round: int
    kind: str
    status: str
    prompt: str
    ended_at: datetime | None
    used: Used


@dataclass(frozen=True, slots=True)
class Request:
    """A question to people, and how many answered it."""

    run: uuid.UUID
    path: str
    round: int
    status: str
    decisions: int


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that the model server got: at which time of this machine's clock."""

    prompt: str
    at: float


@dataclass(frozen=True, slots=True)
class End:
    """A way in which a run may end; ANY leaves the outputs open. `code` is that of the run's error."""

    status: str
    outputs: Any = ANY
    code: str = ""

    def fits(self, run: Run) -> bool:
        """Whether a run ended so."""
        outputs = self.outputs is ANY or self.outputs == run.outputs
        code = not self.code or (run.error or {}).get("code") == self.code
        return self.status == run.status and outputs and code


@dataclass(slots=True)
class Start:
    """A run that somebody asked for: what they were told, how it may end and what it leaves with the recorder."""

    key: str
    shape: str
    number: int = 1
    ends: tuple[End, ...] = ()
    notes: tuple[str, ...] = ()
    at_most_once: frozenset[str] = frozenset()
    """Notes of tools that are not repeated when they are cut off, so that they may be missing."""
    told: set[str] = field(default_factory=set)
    """Ids of runs that the API gave for this key."""


@dataclass(slots=True)
class Evidence:
    """Everything there is to judge by."""

    starts: Sequence[Start] = ()
    runs: Sequence[Run] = ()
    steps: Sequence[Step] = ()
    events: Sequence[Event] = ()
    calls: Sequence[Call] = ()
    requests: Sequence[Request] = ()
    commands: Sequence[uuid.UUID] = ()
    """Runs whose inbox is not empty, once for each command."""
    effects: Sequence[Effect] = ()
    asked: Sequence[Asked] = ()
    answered: Sequence[tuple[str, int]] = ()
    """Decisions that the API was sent in a race: the request's id and the HTTP status."""
    pages: Sequence[tuple[str, bool]] = ()
    """Open pages: their topic, and whether they hear its news at the end of the day."""
    followed: Sequence[tuple[str, tuple[int, ...], bool]] = ()
    """Runs that a program followed: the numbers of the events it got, and whether it got the end."""
    edges: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    """Of each shape the edges (source, port, target) by ids of steps."""


def load(evidence: Evidence) -> Evidence:
    """Add what the database holds."""
    from approvals.models import ApprovalRequest
    from executions import models

    evidence.runs = [_run(one) for one in models.Execution.objects.select_related("workflow")]
    evidence.steps = [_step(one) for one in models.StepRun.objects.all()]
    evidence.events = [_event(one) for one in models.Event.objects.order_by("execution_id", "seq")]
    evidence.calls = [_call(one) for one in models.Call.objects.all()]
    requests = ApprovalRequest.objects.prefetch_related("decisions")
    evidence.requests = [_request(one) for one in requests]
    evidence.commands = list(models.Command.objects.values_list("execution_id", flat=True))
    return evidence


def prompt_of(request: dict[str, Any]) -> str:
    """The last thing that a model was told."""
    messages: Iterable[dict[str, Any]] = request.get("messages") or ()
    said = [str(one.get("content") or one.get("text") or "") for one in messages]
    return said[-1] if said else ""


def _used(row: Any) -> Used:
    return Used(row.requests, row.prompt_tokens, row.completion_tokens, row.tool_calls, row.cost)


def _run(row: Any) -> Run:
    return Run(
        row.id,
        str(row.inputs.get("key", "")),
        row.workflow.slug,
        row.status,
        row.outputs,
        row.error,
        row.seq,
        row.last_hash,
        row.owner,
        row.parent_id,
        _used(row),
    )


def _step(row: Any) -> Step:
    return Step(row.execution_id, row.path, row.round, row.kind, row.status, _used(row))


def _event(row: Any) -> Event:
    return Event(row.execution_id, row.seq, row.at, row.type, row.path, row.data, row.hash)


def _call(row: Any) -> Call:
    paid = row.status in ("finished", "superseded")
    used = Used(
        int(row.kind == "model"),
        row.prompt_tokens,
        row.completion_tokens,
        int(row.kind == "tool"),
        row.cost,
    )
    return Call(
        row.execution_id,
        row.path,
        row.round,
        row.kind,
        row.status,
        prompt_of(row.request) if row.kind == "model" else "",
        row.ended_at,
        used if paid else Used(),
    )


def _request(row: Any) -> Request:
    return Request(uuid.UUID(row.origin), row.origin_path, row.round, row.status, len(row.decisions.all()))
