"""Ending a run that cannot go on by itself: it has failed, with a reason, and a retry is possible."""

from collections.abc import Iterable
from typing import Any

from executions import statements
from executions.dispatch import insist, let_others_go
from executions.engine.codec import usage_to_json
from executions.engine.events import Event, EventType
from executions.engine.state import ENDED_RUNS, WORK_KINDS, Phase, RunState
from executions.failpoints import passing
from executions.store import RunFacts, Store, encode, event_rows, late_row

WORKER_LOST = "worker_lost"


def sentence_for(state: RunState) -> str:
    """Why a run that kills its workers was parked, and at which steps it did so."""
    working = [
        step.path for step in state.steps.values() if step.phase is Phase.RUNNING and step.kind in WORK_KINDS
    ]
    where = f" while it was at {', '.join(sorted(working)[:5])}" if working else ""
    return f"Worker after worker was lost{where}. Look at the logs before you retry."


async def park(
    store: Store, facts: RunFacts, code: str, sentence: str, *, dropped: Iterable[int] = ()
) -> None:
    """End the run as failed without asking the engine, which may be unable to read it.

    `dropped` are orders in its inbox that nobody can carry out. A run that had ended before only loses those.
    """
    position = await _position(store, facts)
    if position is None:
        return
    await _count(store, facts, position)
    passing("park.counted")
    if position["status"] not in ENDED_RUNS:
        await _end(store, facts, {"code": code, "message": sentence, "step": ""})
    passing("park.ended")
    await insist(facts.id, lambda: let_others_go(facts.id))
    passing("park.told")
    ours = {"id": facts.id, "fence": facts.fence, "owner": facts.owner}
    await store.surely(statements.LET_GO, **ours, commands=list(dropped))


async def _position(store: Store, facts: RunFacts) -> dict[str, Any] | None:
    """Where the run stands, while it is ours."""
    found = await store.surely(statements.POSITION, id=facts.id)
    ours = [one for one in found if (one["fence"], one["owner"]) == (facts.fence, facts.owner)]
    return ours[0] if ours else None


async def _count(store: Store, facts: RunFacts, position: dict[str, Any]) -> None:
    """What was paid stands in the run before it ends."""
    paid = await store.uncounted(facts.id)
    if not paid:
        return
    now = store.now()
    told = [
        Event(EventType.USAGE_COUNTED, one.path, {"round": one.round, "usage": usage_to_json(one.usage)})
        for one in paid
    ]
    events, last_hash = event_rows(facts.id, position["seq"], position["last_hash"], now, told)
    await store.surely(
        statements.COUNT,
        id=facts.id,
        fence=facts.fence,
        owner=facts.owner,
        was=position["seq"],
        seq=position["seq"] + len(events),
        last_hash=last_hash,
        late=encode([late_row(one.path, one.round, one.usage) for one in paid]),
        events=encode(events),
    )


async def _end(store: Store, facts: RunFacts, error: dict[str, Any]) -> None:
    """Stop what is active, and fail; as the engine does it, from nothing but the rows."""
    [position] = await store.surely(statements.POSITION, id=facts.id)
    active = await store.surely(statements.ACTIVE, id=facts.id)
    inside_first = sorted(active, key=lambda row: len(row["path"]), reverse=True)
    at = store.now()
    told = [_cancelled(row) for row in inside_first] + [Event(EventType.RUN_FAILED, "", {"error": error})]
    events, last_hash = event_rows(facts.id, position["seq"], position["last_hash"], at, told)
    await store.surely(
        statements.PARK,
        id=facts.id,
        fence=facts.fence,
        owner=facts.owner,
        was=position["seq"],
        seq=position["seq"] + len(events),
        last_hash=last_hash,
        at=at,
        error=encode(error),
        steps=encode([row | {"state": _timeless(row["state"])} for row in inside_first]),
        events=encode(events),
    )


def _cancelled(row: dict[str, Any]) -> Event:
    return Event(EventType.STEP_CANCELLED, row["path"], {"round": row["round"], "reason": "the run failed"})


def _timeless(state: Any) -> Any:
    """What a step run keeps when it ends: all but its timers. What cannot be read stays as it is."""
    if not isinstance(state, dict):
        return state
    return {key: value for key, value in state.items() if key != "timers"}
