"""Ending a run that cannot go on by itself: it has failed, with a reason, and a retry is possible."""

import uuid
from datetime import UTC, datetime
from typing import Any

from convergio.threads import in_database
from executions import chain, statements
from executions.dispatch import cancel_children, withdraw_all
from executions.engine.state import WORK_KINDS, Phase, RunState
from executions.store import RunFacts, Store, encode

WORKER_LOST = "worker_lost"


def sentence_for(state: RunState) -> str:
    """Why a run that kills its workers was parked, and at which steps it did so."""
    working = [
        step.path for step in state.steps.values() if step.phase is Phase.RUNNING and step.kind in WORK_KINDS
    ]
    where = f" while it was at {', '.join(sorted(working)[:5])}" if working else ""
    return f"Worker after worker was lost{where}. Look at the logs before you retry."


async def park(store: Store, facts: RunFacts, code: str, sentence: str) -> None:
    """End the run as failed without asking the engine, which may be unable to read it."""
    [position] = await store.surely(statements.POSITION, id=facts.id)
    at, seq = datetime.now(UTC), position["seq"] + 1
    error = {"code": code, "message": sentence, "step": ""}
    data: dict[str, Any] = {"error": error}
    digest = chain.link(position["last_hash"], facts.id, seq, at, ("run.failed", ""), data)
    await store.surely(
        statements.PARK,
        id=facts.id,
        fence=facts.fence,
        owner=facts.owner,
        seq=seq,
        was=position["seq"],
        hash=digest,
        at=at,
        error=encode(error),
        data=encode(data),
    )
    await in_database(_let_others_go, facts.id)


def _let_others_go(execution_id: uuid.UUID) -> None:
    withdraw_all(execution_id)
    cancel_children(execution_id)
