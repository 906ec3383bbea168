"""A step's outside work: from the effect that asks for it to what the run is told."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import InterfaceError, OperationalError

from agents.runtime.contract import PersonsAnswer, Result, StepAsks, StepContext, StepFailed, StepStopped
from convergio.errors import ConvergioError
from convergio.threads import in_database
from executions import files, operations
from executions.database import AWAY, StoreUnavailable
from executions.engine.commands import Asked, Command, Failed, Succeeded
from executions.engine.effects import RunStep
from executions.journal import StepJournal
from executions.live import Teller
from executions.runners import RUNNERS
from executions.runners.work import work_of
from executions.store import LostRun, RunFacts, storable

if TYPE_CHECKING:
    from executions.actor import Actor

log = logging.getLogger(__name__)

DATABASE_AWAY = (OperationalError, InterfaceError, StoreUnavailable, *AWAY)
PAUSE_S = 1.0


async def run_step(actor: "Actor", effect: RunStep, *, fresh: bool) -> None:
    """Do a step's work and tell the run how it ended, with all that its round has used so far.

    `fresh`: nothing of it can have been done before.
    A database that is away is no failure of the step: its work is done again, and the journal answers for what was.
    """
    async with actor.slots:
        while True:
            try:
                answer = await _attempt(actor, effect, fresh=fresh)
                break
            except DATABASE_AWAY as error:
                if _is_cancelled() or actor.worker.stopping:
                    return
                log.warning("run %s, step %s waits for the database: %s", actor.facts.id, effect.path, error)
            fresh = False
            await asyncio.sleep(PAUSE_S)
    if answer is not None:
        journal = actor.journals[effect.path, effect.round, effect.attempt]
        actor.tell(answer, journal.ended, journal.last_answers())


async def _attempt(actor: "Actor", effect: RunStep, *, fresh: bool) -> Command | None:
    """Do the work once; None when it was us who stopped it, so that nobody wants to hear of it."""
    facts = actor.facts
    store = actor.worker.store
    alone = effect.kind == "tool"
    journal = StepJournal(store, facts, effect.path, effect.round, fresh=fresh, alone=alone, talks=not alone)
    where = (effect.path, effect.round, effect.attempt)
    earlier = actor.journals.get(where)
    teller = Teller(actor.worker.news, facts.id, effect.path, effect.round)
    try:
        if earlier is not None:
            await earlier.catch_up()
        actor.journals[where] = journal
        recorded = await journal.used()
        work = work_of(effect, actor.plan, actor.state, recorded)
        result = await RUNNERS[effect.kind](work, _context(actor, effect, journal, teller))
        return await _succeeded(actor, effect, journal, result)
    except DATABASE_AWAY:
        raise
    except LostRun as lost:
        if not _is_cancelled():
            actor.worker.give_up(actor, lost)
        return None
    except StepStopped:
        if _is_cancelled():
            return None
        return await _failed(actor, effect, journal, StepFailed("stopped", "The step's work was stopped."))
    except StepAsks as asks:
        return None if _is_cancelled() else await _asked(actor, effect, journal, asks)
    except Exception as error:
        return await _failed(actor, effect, journal, _explained(actor, effect, error))
    finally:
        if _is_cancelled():
            await journal.close()
        await teller.flush()


def _is_cancelled() -> bool:
    """Whether it was us who stopped the step, so that nobody wants to hear of it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _context(actor: "Actor", effect: RunStep, journal: StepJournal, teller: Teller) -> StepContext:
    facts = actor.facts
    return StepContext(
        workspace_id=facts.workspace_id,
        execution_id=str(facts.id),
        path=effect.path,
        journal=journal,
        files=files.StepFiles(facts.id, effect.path),
        emit=teller.emit,
        watched=teller.may_be_read,
        start_workflow=_starter(facts, effect.path),
        title=actor.plan.steps[effect.step_id].title,
        answers=_answers(actor.state.steps[effect.path].state),
    )


def _answers(state: Mapping[str, Any]) -> dict[str, PersonsAnswer]:
    """What people have said so far to what the step asked."""
    return {
        key: PersonsAnswer(
            said["status"], said.get("comment", ""), said.get("form"), tuple(said.get("by", ()))
        )
        for key, said in state.get("answers", {}).items()
    }


async def _succeeded(actor: "Actor", effect: RunStep, journal: StepJournal, result: Result) -> Command:
    return Succeeded(
        path=effect.path,
        round=effect.round,
        attempt=effect.attempt,
        output=storable(result.output),
        usage=replace(await journal.used()),
        served_by=result.served_by or journal.served_by,
    )


async def _asked(actor: "Actor", effect: RunStep, journal: StepJournal, asks: StepAsks) -> Command:
    asked = asks.question
    request = {
        "title": asked.title,
        "description": asked.description,
        "data": asked.data,
        "form": asked.form,
        "assignees": list(asked.to),
        "facts": asked.facts,
    }
    return Asked(
        path=effect.path,
        round=effect.round,
        attempt=effect.attempt,
        question=asked.key,
        about=asked.kind,
        request=storable(request),
        usage=replace(await journal.used()),
        served_by=asks.served_by or journal.served_by,
    )


async def _failed(actor: "Actor", effect: RunStep, journal: StepJournal, error: StepFailed) -> Command:
    return Failed(
        path=effect.path,
        round=effect.round,
        attempt=effect.attempt,
        code=error.reason,
        message=storable(error.sentence),
        retryable=error.retryable,
        usage=replace(await journal.used()),
        served_by=error.served_by or journal.served_by,
    )


def _explained(actor: "Actor", effect: RunStep, error: Exception) -> StepFailed:
    """Any trouble as a failure of the step, with a sentence."""
    if isinstance(error, StepFailed):
        return error
    if isinstance(error, ConvergioError):
        return StepFailed(error.code, error.sentence, retryable=error.status >= 500)
    log.exception("run %s, step %s", actor.facts.id, effect.path, exc_info=error)
    kind = type(error).__name__
    return StepFailed("internal_error", f"The step stopped because of an unforeseen error ({kind}).")


def _starter(facts: RunFacts, path: str) -> Callable[[str, Mapping[str, Any], str], Any]:
    async def start_workflow(slug: str, inputs: Mapping[str, Any], key: str) -> str:
        return await in_database(_start_loose, facts, path, slug, dict(inputs), key)

    return start_workflow


def _start_loose(facts: RunFacts, path: str, slug: str, inputs: dict[str, Any], key: str) -> str:
    """Start a run that this one does not wait for."""
    started = operations.start_inner(
        facts, slug, None, inputs, idempotency_key=f"tool:{facts.id}:{key}", trigger="tool", path=path
    )
    return str(started.id)
