"""One owned run, alive: the only writer of its rows.

Each turn takes in what came (results of steps, the inbox, timers), lets the engine decide, writes all of it as one
statement, and only then does what follows. Nothing is loaded again and nothing is held while a step works.
"""

import asyncio
import logging
import random
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from psycopg_pool import PoolClosed

from executions import dispatch, statements, working
from executions.database import AWAY
from executions.engine.advance import advance, next_due
from executions.engine.commands import Asked, ChildEnded, Clock, Command, Due, Failed, Rejection, Succeeded
from executions.engine.consequences import pending_effects
from executions.engine.effects import CancelStep, Effect, RunStep, TellParent
from executions.engine.events import Event
from executions.engine.plan import Plan
from executions.engine.state import ENDED_RUNS, RunStatus, StepRun, Usage
from executions.engine.turn import Transition
from executions.failpoints import passing
from executions.inbox import KINDS
from executions.journal import StepJournal, as_parameters, as_row
from executions.store import Claimed, LostRun, Posted, Write, encode

if TYPE_CHECKING:
    from executions.worker import Worker

log = logging.getLogger(__name__)

KEEP_S = 5.0
"""A run whose next timer is nearer than this stays in memory."""
FAREWELL_S = 5.0
"""How long an ended run waits for its cancelled steps to stop."""

type WorkKey = tuple[str, int, str]


USERS = (Succeeded, Failed, Asked, ChildEnded)
"""Commands that say what was used."""


class StuckRun(Exception):
    """Nothing works, nothing is waited for, and yet the run has not ended."""


@dataclass(slots=True)
class Draft:
    """What a turn's commands led to together."""

    events: list[Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    steps: dict[tuple[str, int], StepRun] = field(default_factory=dict)
    closed: set[tuple[str, int]] = field(default_factory=set)
    late: list[tuple[str, int, Usage]] = field(default_factory=list)

    def take(self, transition: Transition) -> None:
        """Count a transition in; a step run that changes twice is written once, as it is in the end."""
        self.events += transition.events
        self.effects += transition.effects
        self.steps |= {(step.path, step.round): step for step in transition.changed}
        self.closed |= set(transition.closed)
        self.late += transition.late


class Actor:
    """A run that this process owns."""

    def __init__(self, worker: "Worker", claimed: Claimed, plan: Plan) -> None:
        self.worker = worker
        self.facts = claimed.facts
        self.state = claimed.state
        self.plan = plan
        self.last_hash = claimed.last_hash
        self.posted: list[Posted] = claimed.inbox
        self.results: list[Command] = []
        self.calls: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self.work: dict[WorkKey, asyncio.Task[None]] = {}
        self.journals: dict[tuple[str, int, int], StepJournal] = {}
        self.is_inherited = claimed.is_inherited or self.state.status in ENDED_RUNS
        self.uncounted = self.is_inherited
        self.slots = asyncio.Semaphore(worker.steps_per_run)
        self.wake = asyncio.Event()
        self.inbox_moved = False
        self.released = False
        self.broken: BaseException | None = None
        self._kept = ""

    async def live(self) -> None:
        """Work until nothing is left to do here; the run has been let go when this returns."""
        try:
            await self._begin()
            while not await self._turn():
                if self._is_idle() and await self._let_go():
                    return
                await self._wait()
        except asyncio.CancelledError:
            await self._save_answers()
            raise
        finally:
            for task in self.work.values():
                task.cancel()

    def look(self) -> None:
        """Somebody posted something."""
        self.inbox_moved = True
        self.wake.set()

    def tell(
        self, command: Command, calls: Iterable[dict[str, Any]] = (), answers: Iterable[dict[str, Any]] = ()
    ) -> None:
        """A step of this run has something to say. `calls` and `answers` are recorded with what comes of it."""
        self.results.append(command)
        self.calls += calls
        self.answers += answers
        self.wake.set()

    # beginning

    async def _begin(self) -> None:
        """A queued run starts; any other goes on, with the effects that its last owner may not have come to."""
        if self.state.status is RunStatus.QUEUED:
            self.results.append(await dispatch.first_command(self))
            return
        if self.is_inherited:
            await dispatch.tidy(self)
            passing("run.tidied")
        if self.state.status in ENDED_RUNS:
            return
        for effect in pending_effects(self.plan, self.state):
            self._perform(effect, fresh=False)
        self.results.append(Due())

    # a turn

    async def _turn(self) -> bool:
        """Take in what came, decide, write, act. True when the run was let go by the write itself."""
        if self.broken is not None:
            raise self.broken
        commands, taken = await self._incoming(self.worker.store.now())
        if not commands and not taken:
            return False
        now = self.worker.store.now()  # later than all that came while we looked
        draft = self._decide(commands, Clock(now, random.random()))  # noqa: S311 - jitter
        if not (draft.events or taken or self.calls or self.answers):
            return False
        write = self._as_write(draft, taken, now)
        self.last_hash = await self.worker.store.write(self.facts, self.state, self.last_hash, write)
        del self.answers[: len(write.answers)]
        passing("run.written")
        self._announce(draft)
        for effect in draft.effects:
            self._perform(effect, fresh=True)
        self.released = write.release
        return write.release

    async def _incoming(self, now: datetime) -> tuple[list[Command], list[int]]:
        paid = await self._recount() if self.uncounted else []
        if self.inbox_moved:
            self.inbox_moved = False
            self.posted = await self.worker.store.inbox(self.facts.id)
        posted, self.posted = self.posted, []
        results, self.results = self.results, []
        orders = [command for one in posted if (command := self._read(one)) is not None]
        due = next_due(self.state)
        timers: list[Command] = [Due()] if due is not None and due <= now else []
        return paid + results + orders + timers, [one.id for one in posted]

    async def _recount(self) -> list[Command]:
        """What was paid by work that told nothing. First in a turn, when memory and rows are the same."""
        self.uncounted = False
        return [*await self.worker.store.uncounted(self.facts.id)]

    def _read(self, posted: Posted) -> Command | None:
        """A row of the inbox as a command; one that cannot be read is dropped, it must not stop the run."""
        try:
            return KINDS[posted.kind](posted.data)
        except (KeyError, TypeError, ValueError):
            log.exception("run %s: command %s (%s) cannot be read", self.facts.id, posted.id, posted.kind)
            return None

    def _decide(self, commands: Iterable[Command], clock: Clock) -> Draft:
        draft = Draft()
        for command in commands:
            answer = advance(self.plan, self.state, self._as_more(command), clock)
            if isinstance(answer, Rejection):
                log.debug("run %s refused %s: %s", self.facts.id, command, answer.sentence)
                self.uncounted |= isinstance(command, USERS)
            else:
                draft.take(answer)
        if self.facts.parent_id is None:
            draft.effects = [effect for effect in draft.effects if not isinstance(effect, TellParent)]
        return draft

    def _as_more(self, command: Command) -> Command:
        """Work tells what its round used in all; the engine wants what it used since the run last heard of it."""
        if not isinstance(command, USERS):
            return command
        step = self.state.steps.get(command.path)
        told = step.usage if step is not None and step.round == command.round else Usage()
        return replace(command, usage=command.usage.beyond(told))

    def _as_write(self, draft: Draft, taken: list[int], now: datetime) -> Write:
        kept = encode({"context": self.state.context, "extra": self.state.extra})
        changed, self._kept = kept != self._kept, kept
        made, self.calls = {_call_key(one): one for one in self.calls}, []
        return Write(
            at=now,
            events=draft.events,
            steps=list(draft.steps.values()),
            closed=draft.closed,
            commands=taken,
            kept=kept if changed else None,
            release=self._ends_here(draft),
            late=draft.late,
            calls=list(made.values()),
            answers=[as_row(one, now) for one in self.answers],
        )

    def _ends_here(self, draft: Draft) -> bool:
        """Whether the run can be let go with the write itself: it has ended and nothing follows."""
        if self.state.status not in ENDED_RUNS or draft.effects or self.results or self.uncounted:
            return False
        return all(task.done() for task in self.work.values())

    def _announce(self, draft: Draft) -> None:
        told = any(event.type.startswith("run.") for event in draft.events)
        if draft.events:
            self.worker.news.moved_to(self.facts.id, self.state.seq, always=told)
        if told:
            self.worker.news.list_changed(self.facts.workspace_id)

    # what follows

    def _perform(self, effect: Effect, *, fresh: bool) -> None:
        match effect:
            case RunStep(path=path, round=round):
                key = (path, round, f"work {effect.attempt} {effect.asked}")
                is_first = effect.attempt == 1 and not effect.asked
                self._do(key, self._work(effect, fresh=fresh and is_first))
            case CancelStep(path=path, round=round):
                self._cancel(path, round)
                self._do_after((path, round, "outside"), dispatch.cancel_child(self, effect))
            case _:
                key = (getattr(effect, "path", ""), getattr(effect, "round", 0), "outside")
                self._do_after(key, dispatch.perform(self, effect))

    async def _work(self, effect: RunStep, *, fresh: bool) -> None:
        """One attempt of a step, after the one before it has stopped, or has at least lost its journal."""
        mine = (effect.path, effect.round)
        earlier = [task for key, task in self.work.items() if key[:2] == mine and key[2].startswith("work ")]
        others = [task for task in earlier if task is not asyncio.current_task()]
        if others and (await asyncio.wait(others, timeout=FAREWELL_S))[1]:
            await self._close_journals(mine)
        try:
            await working.run_step(self, effect, fresh=fresh)
        finally:
            self.journals.pop((*mine, effect.attempt), None)

    async def _close_journals(self, where: tuple[str, int] | None = None) -> None:
        """What still works though it was stopped records nothing more, so that what is counted now is all."""
        for key, journal in list(self.journals.items()):
            if where is None or key[:2] == where:
                await journal.close()

    async def silence(self) -> None:
        """Stop all work for good, before the run is ended without the engine."""
        for task in self.work.values():
            task.cancel()
        await self._close_journals()
        await self._save_answers()

    async def _save_answers(self) -> None:
        """Write the answers that were to be written with what comes of them: the run stops before."""
        waiting = [one for journal in self.journals.values() for one in journal.last_answers()]
        ours = {"fence": self.facts.fence, "owner": self.facts.owner}
        with suppress(*AWAY, PoolClosed):
            for answer in self.answers + waiting:
                await self.worker.store.rows(statements.FINISH_CALL, **as_parameters(answer), **ours)

    def _cancel(self, path: str, round: int) -> None:
        for key, task in self.work.items():
            if key[:2] == (path, round) and key[2].startswith("work "):
                task.cancel()

    def _do_after(self, key: WorkKey, action: Coroutine[Any, Any, None]) -> None:
        """Effects on the same step keep their order: a request is not withdrawn before it is opened."""
        before = self.work.get(key)

        async def ordered() -> None:
            if before is not None:
                await asyncio.wait([before])
            await action

        self._do(key, ordered() if before is not None else action)

    def _do(self, key: WorkKey, action: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(action)
        self.work[key] = task
        task.add_done_callback(lambda done: self._done(key, done))

    def _done(self, key: WorkKey, task: asyncio.Task[None]) -> None:
        if self.work.get(key) is task:
            del self.work[key]
        if task.cancelling():
            self.uncounted = True
        if not task.cancelled() and task.exception() is not None:
            self.worker.give_up(self, task.exception())
        self.wake.set()

    # resting

    def _is_idle(self) -> bool:
        if self.results or self.posted or self.inbox_moved or self.uncounted:
            return False
        if self.work and not self._waited_long_enough():
            return False
        due = next_due(self.state)
        if due is not None:
            return due > self.worker.store.now() + timedelta(seconds=KEEP_S)
        if self.state.status is RunStatus.RUNNING:
            raise StuckRun(f"run {self.facts.id} is running, but nothing is being done")
        return True

    def _waited_long_enough(self) -> bool:
        """Whether what still works of an ended run does not stop although it was told to."""
        ended_at = self.state.ended_at
        if self.state.status not in ENDED_RUNS or ended_at is None:
            return False
        only_steps = all(key[2].startswith("work ") for key in self.work)
        return only_steps and self.worker.store.now() > ended_at + timedelta(seconds=FAREWELL_S)

    async def _let_go(self) -> bool:
        if any(not journal.is_closed for journal in self.journals.values()):
            await self._close_journals()
            self.uncounted = True
            return False
        passing("run.releasing")
        self.released = await self.worker.store.release(self.facts, next_due(self.state))
        self.inbox_moved = not self.released
        return self.released

    async def _wait(self) -> None:
        """Until something comes or the next timer is due; then give siblings that end together time to say so."""
        due = next_due(self.state)
        if not (self.inbox_moved or self.results or self.uncounted):
            seconds = None if due is None else max((due - self.worker.store.now()).total_seconds(), 0)
            if self.state.status in ENDED_RUNS:
                seconds = FAREWELL_S
            try:
                async with asyncio.timeout(seconds):
                    await self.wake.wait()
            except TimeoutError:
                pass
        self.wake.clear()
        await asyncio.sleep(0)


def _call_key(call: dict[str, Any]) -> tuple[Any, ...]:
    """What no two calls of a run have in common."""
    return tuple(call[name] for name in ("path", "round", "kind", "actor", "digest", "ordinal"))


__all__ = ["Actor", "LostRun", "StuckRun"]
