"""The one place that reads and writes a run while it is owned. Each turn of a run is one guarded statement."""

import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from convergio.ids import uuid7_text
from convergio.json_text import writer
from executions import chain, statements, suspicion
from executions.database import Database
from executions.engine.commands import Used
from executions.engine.events import Event
from executions.engine.state import ENDED_RUNS, Phase, RunState, RunStatus, StepRun, Usage
from executions.lease import Lease


class LostRun(Exception):
    """The run was taken over by another worker, or has moved without us."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What does not change while a run is owned."""

    id: uuid.UUID
    workspace_id: uuid.UUID
    workflow_id: uuid.UUID
    version_id: uuid.UUID
    number: int
    trigger: str
    started_by_id: int | None
    parent_id: uuid.UUID | None
    parent_path: str
    parent_round: int
    forked_from_id: uuid.UUID | None
    depth: int
    fence: int
    owner: str
    claims_without_progress: int
    begin: dict[str, Any]
    """How a queued run is to begin: {} plainly, {"path", "edited"} as a fork, or what `Start` takes for a trial."""


class Unreadable(Exception):
    """The stored state of a claimed run makes no sense."""

    def __init__(self, facts: RunFacts, why: str, inbox: list[int]) -> None:
        super().__init__(why)
        self.facts = facts
        self.inbox = inbox


@dataclass(frozen=True, slots=True)
class Posted:
    """A row of the inbox."""

    id: int
    kind: str
    data: dict[str, Any]


@dataclass(slots=True)
class Claimed:
    """A run as it was when we took it."""

    facts: RunFacts
    state: RunState
    last_hash: str
    inbox: list[Posted]
    is_inherited: bool = False
    """Whether its last owner was lost, so that some of what follows from its writes may not have been done."""


@dataclass(slots=True)
class Write:
    """One transition to be written."""

    at: datetime
    events: list[Event]
    steps: list[StepRun]
    closed: set[tuple[str, int]]
    commands: list[int]
    kept: str | None
    """Context and the engine's own things as JSON text, when they changed."""
    release: bool = False
    late: list[tuple[str, int, Usage]] = field(default_factory=list)
    """What is to be added to step runs that were closed by an earlier write."""
    calls: list[dict[str, Any]] = field(default_factory=list)
    """Calls that are recorded together with what came of them."""
    answers: list[dict[str, Any]] = field(default_factory=list)
    """Answers of recorded calls with which their steps ended."""


class Store(Database):
    """What a worker does with runs. `owner` is the name of the worker."""

    def __init__(self, owner: str) -> None:
        super().__init__(owner)
        self.owner = owner
        self.lease = Lease()

    def now(self) -> datetime:
        """The database's time, by which every timer is set and comes."""
        return self.lease.now()

    async def claim(self, execution_id: uuid.UUID, *, suspects: bool = True) -> Claimed | None:
        """Take a run over, if it is free and has something to do. Without `suspects`, none that may kill us."""
        known = {"id": execution_id, "owner": self.owner, "suspects": suspects}
        found = await self.rows(statements.CLAIM, **known, **suspicion.schedule())
        if found and found[0]["seq_before"] != found[0]["seq"]:
            await self.disown(_facts(found[0], self.owner), blameless=True)
            return None
        return _claimed(found[0], self.owner) if found else None

    async def definition(self, version_id: uuid.UUID) -> dict[str, Any]:
        """Return a version's document."""
        found: dict[str, Any] = (await self.surely(statements.DEFINITION, id=version_id))[0]["definition"]
        return found

    async def inbox(self, execution_id: uuid.UUID) -> list[Posted]:
        """Return what was posted to a run, oldest first."""
        found = await self.surely(statements.INBOX, id=execution_id)
        return [Posted(**row) for row in found]

    async def uncounted(self, execution_id: uuid.UUID) -> list[Used]:
        """Return what was paid in a run and stands in no step run yet."""
        found = await self.surely(statements.UNCOUNTED, id=execution_id)
        return [Used(row["path"], row["round"], _usage(row)) for row in found]

    async def write(self, facts: RunFacts, state: RunState, last_hash: str, write: Write) -> str:
        """Write a transition that `state` already has; return the new last hash. Raises LostRun.

        While the database does not answer the same statement is tried again. Whether an earlier try came through is
        told by the run's own hash, so it is never written twice.
        """
        was = state.seq - len(write.events)
        values = _write_values(facts, state, last_hash, was, write)
        statement = statements.write_of(*(part for part in statements.PARTS if part in values))
        tried = False

        async def once() -> None:
            nonlocal tried
            first, tried = not tried, True
            [(moved,)] = [tuple(row.values()) for row in await self.rows(statement, **values)]
            if not moved and (
                first or not await self._is_at(facts, values["last_hash"], state.seq, write.release)
            ):
                raise LostRun

        await self.insist(once)
        return str(values["last_hash"])

    async def release(self, facts: RunFacts, due: datetime | None) -> bool:
        """Let a run go; False when something came in meanwhile. Raises LostRun when it is another's."""
        values = {"id": facts.id, "fence": facts.fence, "owner": facts.owner, "due": due}
        if await self.insist(lambda: self.count(statements.RELEASE, **values)):
            return True
        found = await self.surely(statements.POSITION, id=facts.id)
        if not found or found[0]["fence"] != facts.fence:
            raise LostRun
        return bool(found[0]["owner"] == "")

    async def disown(self, facts: RunFacts, *, blameless: bool) -> None:
        """Give a run up with work left. `blameless` takes our claim out of the count of fruitless ones."""
        values = {"id": facts.id, "fence": facts.fence, "owner": facts.owner, "back": int(blameless)}
        await self.count(statements.DISOWN, **values)

    async def _is_at(self, facts: RunFacts, last_hash: str, seq: int, released: bool) -> bool:
        found = await self.rows(statements.POSITION, id=facts.id)
        owner = "" if released else facts.owner
        ours = {"owner": owner, "fence": facts.fence, "seq": seq, "last_hash": last_hash}
        return bool(found) and {name: found[0][name] for name in ours} == ours


def _claimed(row: dict[str, Any], owner: str) -> Claimed:
    facts = _facts(row, owner)
    try:
        inbox = [Posted(one["id"], one["kind"], one["data"]) for one in row["commands"] or ()]
        state = state_of(row, row["steps"] or ())
        return Claimed(facts, state, row["last_hash"], inbox, is_inherited=row["owner_before"] != "")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        posted = [one["id"] for one in row["commands"] or ()]
        raise Unreadable(facts, f"{type(error).__name__}: {error}", posted) from error


def _facts(row: dict[str, Any], owner: str) -> RunFacts:
    stored = row["state"] if isinstance(row["state"], dict) else {}
    return RunFacts(
        id=row["id"],
        workspace_id=row["workspace_id"],
        workflow_id=row["workflow_id"],
        version_id=row["version_id"],
        number=row["number"],
        trigger=row["trigger"],
        started_by_id=row["started_by_id"],
        parent_id=row["parent_id"],
        parent_path=row["parent_path"],
        parent_round=row["parent_round"],
        forked_from_id=row["forked_from_id"],
        depth=row["depth"],
        fence=row["fence"],
        owner=owner,
        claims_without_progress=row["claims_without_progress"],
        begin=stored.get("begin", {}),
    )


def state_of(row: dict[str, Any], steps: Iterable[dict[str, Any]]) -> RunState:
    """The engine's state from a run's columns and its open step runs."""
    stored = row["state"] or {}
    newest: dict[str, StepRun] = {}
    for step in sorted(steps, key=lambda one: (one["created_seq"], one["path"], one["round"])):
        newest[step["path"]] = step_of(step)
    return RunState(
        status=RunStatus(row["status"]),
        inputs=row["inputs"],
        context=_object(stored.get("context", {})),
        outputs=row["outputs"],
        error=row["error"],
        steps=newest,
        usage=_usage(row),
        seq=row["seq"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        extra=_object(stored.get("extra", {})),
    )


def _object(value: Any) -> dict[str, Any]:
    """A stored value that must be an object. Raises TypeError."""
    if not isinstance(value, dict):
        raise TypeError(f"an object was expected, and there is {type(value).__name__}")
    return value


def step_of(row: dict[str, Any]) -> StepRun:
    """The engine's step run from a row; times may be text."""
    return StepRun(
        path=row["path"],
        step_id=row["step_id"],
        kind=row["kind"],
        scope=row["scope"],
        round=row["round"],
        phase=Phase(row["status"]),
        attempt=row["attempt"],
        port=row["port"],
        input=row["input"],
        output=row["output"],
        error=row["error"],
        feedback=row["feedback"],
        state=row["state"] or {},
        due_at=_moment(row["due_at"]),
        started_at=_moment(row["started_at"]),
        ended_at=_moment(row["ended_at"]),
        usage=_usage(row),
        served_by=row["served_by"],
    )


def _usage(row: dict[str, Any]) -> Usage:
    return Usage(
        row["requests"], row["prompt_tokens"], row["completion_tokens"], row["tool_calls"], float(row["cost"])
    )


def _moment(value: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _write_values(facts: RunFacts, state: RunState, last_hash: str, was: int, write: Write) -> dict[str, Any]:
    events, last_hash = event_rows(facts.id, was, last_hash, write.at, write.events)
    is_end = state.status in ENDED_RUNS
    changed = {(step.path, step.round) for step in write.steps}
    gone = [{"path": path, "round": round} for path, round in write.closed - changed]
    parts = {
        "steps": [_step_row(step, state.seq, write.closed) for step in write.steps],
        "closed": gone,
        "late": [late_row(*one) for one in write.late],
        "events": events,
        "calls": write.calls,
        "answers": write.answers,
    }
    taken = {"commands": f"{{{','.join(map(str, write.commands))}}}"} if write.commands else {}
    return {
        "id": facts.id,
        "fence": facts.fence,
        "owner": facts.owner,
        "was": was,
        "seq": state.seq,
        "last_hash": last_hash,
        "status": str(state.status),
        "state": write.kept,
        "has_end": is_end or was == 0 or any(event.type == "run.revived" for event in write.events),
        "outputs": None if state.outputs is None else encode(state.outputs),
        "error": None if state.error is None else encode(state.error),
        **_usage_row(state.usage),
        "started_at": _text(state.started_at),
        "ended_at": _text(state.ended_at),
        "release": write.release,
        **{name: encode(rows) for name, rows in parts.items() if rows},
        **taken,
    }


def event_rows(
    execution_id: uuid.UUID, was: int, last_hash: str, at: datetime, events: Iterable[Event]
) -> tuple[list[dict[str, Any]], str]:
    """Return events as rows that follow the event number `was`, and the hash of the last."""
    rows = []
    written = at.isoformat()
    for seq, event in enumerate(events, start=was + 1):
        kind = str(event.type)
        last_hash = chain.link(last_hash, execution_id, seq, at, (kind, event.path), event.data)
        facts = {"type": kind, "path": event.path, "data": event.data, "hash": last_hash}
        rows.append({"seq": seq, "at": written, **facts})
    return rows, last_hash


def late_row(path: str, round: int, usage: Usage) -> dict[str, Any]:
    """What is to be added to a step run, as the statements take it."""
    return {"path": path, "round": round, **_usage_row(usage)}


def _usage_row(usage: Usage) -> dict[str, Any]:
    return {
        "requests": usage.requests,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "tool_calls": usage.tool_calls,
        "cost": round(usage.cost, 8),
    }


def _step_row(step: StepRun, seq: int, closed: set[tuple[str, int]]) -> dict[str, Any]:
    return {
        "id": uuid7_text(),
        "path": step.path,
        "round": step.round,
        "step_id": step.step_id,
        "kind": step.kind,
        "scope": step.scope,
        "status": str(step.phase),
        "is_open": (step.path, step.round) not in closed,
        "attempt": step.attempt,
        "port": step.port,
        "input": step.input,
        "output": step.output,
        "error": step.error,
        "feedback": step.feedback,
        "state": step.state,
        "served_by": step.served_by,
        "due_at": _text(step.due_at),
        "created_seq": seq,
        "started_at": _text(step.started_at),
        "ended_at": _text(step.ended_at),
        **_usage_row(step.usage),
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


encode = writer()
"""JSON text for the database."""
_as_text = writer(default=str)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any) -> Any:
    """The same JSON value without what PostgreSQL refuses in text: NUL and halves of surrogate pairs.

    Everything that enters a run from outside passes here once, before the engine sees it.
    """
    text = _as_text(value)
    if "\\u0000" not in text and "\\ud" not in text and "NaN" not in text and "Infinity" not in text:
        return json.loads(text)
    return _cleaned(json.loads(text, parse_constant=lambda name: None))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(one) for key, one in value.items()}
    return [_cleaned(one) for one in value] if isinstance(value, list) else value
