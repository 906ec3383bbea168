"""The journal: every model and tool call of a step run, so that a step that runs again finds its own answers."""

import asyncio
import hashlib
import uuid
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from psycopg_pool import PoolClosed

from agents.runtime.contract import Recorded, Ticket
from convergio.ids import uuid7
from convergio.json_text import writer
from executions import statements
from executions.database import AWAY, StoreUnavailable
from executions.engine.state import Usage
from executions.failpoints import passing
from executions.models import CallStatus
from executions.store import LostRun, RunFacts, Store, encode, storable

PUT_OFF_S = 0.25
"""How long an answer may wait to be written with the step's end."""

type CallKey = tuple[str, str, str, int]

_canonical = writer(sort_keys=True)


class StepJournal:
    """Fulfils `agents.runtime.contract.Journal` for one step run and round.

    `fresh` says that nothing can have been recorded before, which saves a look into the database. `alone` says that
    the step is a single call: when it may be repeated it is not written here, but with the step's own end (`ended`).
    `talks` says that it may end with the answer of a model: then that is written with the step's end as well
    (`last_answers`), or as soon as the step makes another call, is stopped, or goes on without one for PUT_OFF_S.
    """

    def __init__(
        self,
        store: Store,
        facts: RunFacts,
        path: str,
        round: int,
        *,
        fresh: bool,
        alone: bool = False,
        talks: bool = False,
    ) -> None:
        self.store = store
        self.where = {"execution": facts.id, "path": path, "round": round}
        self.ours = {"fence": facts.fence, "owner": facts.owner}
        self.workspace_id = facts.workspace_id
        self.alone = alone
        self.talks = talks
        self.ended: list[dict[str, Any]] = []
        self.is_closed = False
        self.usage = Usage()
        self.served_by = ""
        self._seen: Counter[tuple[str, str, str]] = Counter()
        self._known: dict[CallKey, dict[str, Any]] | None = {} if fresh else None
        self._kinds: dict[uuid.UUID, str] = {}
        """The calls under way."""
        self._unwritten: dict[uuid.UUID, dict[str, Any]] = {}
        self._put_off: dict[str, Any] | None = None
        self._later: asyncio.TimerHandle | None = None
        self._saving = asyncio.Lock()
        self._writing = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._loading = asyncio.Lock()

    async def begin(
        self, kind: str, actor: str, name: str, request: dict[str, Any], *, repeatable: bool = False
    ) -> Recorded | Ticket:
        """Return the recorded answer, or write that the call starts. Raises LostRun."""
        await self.catch_up()
        request = storable(request)
        digest = digest_of(kind, name, request)
        known = await self._load()
        ordinal = self._seen[kind, actor, digest]
        self._seen[kind, actor, digest] += 1
        earlier = known.get((kind, actor, digest, ordinal))
        if earlier and earlier["status"] == CallStatus.FINISHED:
            return _recorded(earlier)
        call = {
            "id": uuid7(),
            "kind": kind,
            "actor": actor[:200],
            "ordinal": ordinal,
            "digest": digest,
            "name": name[:200],
            "key": self._key(kind, actor, digest, ordinal),
        }
        if repeatable and self.alone:
            await self.store.lease.certainty()
            return self._begin_unwritten(call, request)
        found = await self._write(statements.BEGIN_CALL, **self.where, **call, request=encode(request))
        if not found:
            raise LostRun
        [row] = found
        if row["status"] == CallStatus.FINISHED:
            return _recorded(row)
        passing("call.begun")
        await self.store.lease.certainty()
        self._kinds[row["id"]] = kind
        started = earlier is not None and earlier["status"] == CallStatus.STARTED
        return Ticket(row["id"], row["idempotency_key"], started)

    async def finish(
        self,
        ticket: Ticket,
        response: Any,
        *,
        served_by: str = "",
        prompt_tokens: int = 0,
        completion_tokens: int = 0,
        cost: float = 0.0,
    ) -> None:
        """Write the answer, before anybody acts on it. Raises LostRun: then nobody may."""
        if ticket.id in self._unwritten:
            self._end_unwritten(
                ticket, CallStatus.FINISHED, response=storable(response), served_by=served_by[:200]
            )
            self._count("tool", 0, 0, 0.0)
            return
        passing("call.made")
        answer = {
            "id": ticket.id,
            "response": storable(response),
            "served_by": served_by[:200],
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "cost": round(cost, 8),
        }
        if self.talks and list(self._kinds.items()) == [(ticket.id, "model")] and not self.is_closed:
            self._put_off = answer
            self._later = asyncio.get_running_loop().call_later(PUT_OFF_S, self._catch_up_soon)
        else:
            await self._save(answer)
        self.served_by = served_by or self.served_by
        self._count(self._kinds.pop(ticket.id, "model"), prompt_tokens, completion_tokens, cost)

    async def fail(self, ticket: Ticket, error: str) -> None:
        """Write that the call failed; the next try makes it again."""
        message = storable({"message": error[:5000]})
        if ticket.id in self._unwritten:
            self._end_unwritten(ticket, CallStatus.FAILED, error=message)
            return
        await self._write(statements.FAIL_CALL, id=ticket.id, error=encode(message))
        self._kinds.pop(ticket.id, None)

    async def forget_models(self) -> None:
        """Let recorded model answers answer no more. They were paid all the same, so they stay counted."""
        await self.catch_up()
        await self._write(statements.FORGET_MODELS, **self.where)
        known = await self._load()
        self._known = {key: row for key, row in known.items() if row["kind"] != "model"}
        self._seen = Counter({key: count for key, count in self._seen.items() if key[0] != "model"})

    async def used(self) -> Usage:
        """What the step run has used in this round so far, in all its attempts."""
        await self._load()
        return self.usage

    async def close(self) -> None:
        """Write nothing any more, because the step was stopped: what is counted after this is all there will be.

        Answers of models that are still under way count as failed.
        """
        self.is_closed = True
        await self._quiet.wait()
        with suppress(*AWAY, PoolClosed):
            for answer in self.last_answers():
                await self.store.rows(statements.FINISH_CALL, **as_parameters(answer), **self.ours)
        ids, self._kinds = list(self._kinds), {}
        if ids:
            error = encode({"message": "The step was stopped before the answer came."})
            with suppress(*AWAY, PoolClosed):
                await self.store.count(statements.ABANDON_CALLS, ids=ids, error=error, **self.ours)

    def last_answers(self) -> list[dict[str, Any]]:
        """Hand over the answer that was put off, to be written by whoever asks."""
        answers, self._put_off = [] if self._put_off is None else [self._put_off], None
        if self._later is not None:
            self._later.cancel()
        return answers

    async def catch_up(self) -> None:
        """Write the answer that was put off, before anybody acts on it. Raises LostRun."""
        if self._put_off is None:
            return
        async with self._saving:
            if self._put_off is not None:
                await self._save(self._put_off)
                self.last_answers()

    def _catch_up_soon(self) -> None:
        self._waiting = asyncio.ensure_future(self._catch_up_quietly())

    async def _catch_up_quietly(self) -> None:
        """When this fails the step's end tries it again."""
        with suppress(LostRun, StoreUnavailable, *AWAY):
            await self.catch_up()

    async def _save(self, answer: dict[str, Any]) -> None:
        if not await self._write(statements.FINISH_CALL, **as_parameters(answer)):
            raise LostRun
        passing("call.finished")

    async def _write(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        if self.is_closed:
            raise LostRun
        self._writing += 1
        self._quiet.clear()
        try:
            return await self.store.surely(statement, **values, **self.ours)
        finally:
            self._writing -= 1
            if not self._writing:
                self._quiet.set()

    def _begin_unwritten(self, call: dict[str, Any], request: dict[str, Any]) -> Ticket:
        key, started = call.pop("key"), datetime.now(UTC)
        about = {
            "path": self.where["path"],
            "round": self.where["round"],
            "workspace_id": str(self.workspace_id),
        }
        more = {"idempotency_key": key, "request": request, "started_at": started.isoformat()}
        self._unwritten[call["id"]] = {**call, **about, **more, "id": str(call["id"])}
        return Ticket(call["id"], key)

    def _end_unwritten(self, ticket: Ticket, status: CallStatus, **known: Any) -> None:
        if self.is_closed:
            raise LostRun
        call = self._unwritten.pop(ticket.id)
        empty = {"response": None, "error": None, "served_by": ""}
        self.ended.append(
            {**call, **empty, **known, "status": status, "ended_at": datetime.now(UTC).isoformat()}
        )
        self.served_by = known.get("served_by") or self.served_by

    def _count(self, kind: str, prompt_tokens: int, completion_tokens: int, cost: float) -> None:
        called = {"requests": 1} if kind == "model" else {"tool_calls": 1}
        self.usage.add(
            Usage(**called, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens, cost=cost)
        )

    def _key(self, kind: str, actor: str, digest: str, ordinal: int) -> str:
        """The same for every try of the same call."""
        parts = [str(part) for part in self.where.values()] + [kind, actor, digest, str(ordinal)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    async def _load(self) -> dict[CallKey, dict[str, Any]]:
        """What earlier attempts recorded, read once; calls made at the same time wait for it together."""
        async with self._loading:
            if self._known is None:
                self._known = await self._read()
            return self._known

    async def _read(self) -> dict[CallKey, dict[str, Any]]:
        known: dict[CallKey, dict[str, Any]] = {}
        for row in await self.store.surely(statements.CALLS, **self.where):
            if row["status"] in (CallStatus.FINISHED, CallStatus.SUPERSEDED):
                self._count(row["kind"], row["prompt_tokens"], row["completion_tokens"], float(row["cost"]))
            if row["status"] != CallStatus.SUPERSEDED:
                known[row["kind"], row["actor"], row["digest"], row["ordinal"]] = row
        return known


def as_parameters(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer as `statements.FINISH_CALL` takes it."""
    return answer | {"response": encode(answer["response"])}


def as_row(answer: dict[str, Any], at: datetime) -> dict[str, Any]:
    """An answer as the writing of a transition takes it."""
    return answer | {"id": str(answer["id"]), "ended_at": at.isoformat()}


def digest_of(kind: str, name: str, request: dict[str, Any]) -> str:
    """Return the SHA-256 by which an equal request is known again."""
    return hashlib.sha256(_canonical([kind, name, request]).encode()).hexdigest()


def _recorded(row: dict[str, Any]) -> Recorded:
    return Recorded(
        row["response"], row["served_by"], row["prompt_tokens"], row["completion_tokens"], float(row["cost"])
    )
