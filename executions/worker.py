"""The runs of this process: one event loop in a thread of its own, in which every owned run is a coroutine.

The process has one lease. While its heartbeat renews it nobody claims its runs; when the process dies all of them are
free at once, and when it comes back after its lease ran out, it drops the runs that others have taken.
"""

import asyncio
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import Any

import redis.asyncio
from django.conf import settings

from convergio.live import VIEWERS, channel_behind
from executions import statements
from executions.actor import Actor
from executions.database import AWAY, StoreUnavailable
from executions.engine.plan import Plan, compile_plan
from executions.failpoints import passing
from executions.inbox import channel_of, send_drive
from executions.live import News
from executions.parking import WORKER_LOST, park, sentence_for
from executions.store import Claimed, LostRun, Store, Unreadable
from executions.suspicion import Ward, is_guilty
from workflows.schema import parse_definition

log = logging.getLogger(__name__)

HEARTBEAT_S = 1.0
HAND_OVER_S = 4.0
BY_HAND = ("manual", "fork", "trial")
"""Triggers of runs whose page opens next."""


class Worker:
    """What this process needs to live with runs. Everything but `start`, `take` and `stop` happens in its loop."""

    def __init__(self, *, runs: int | None = None, steps_per_run: int | None = None) -> None:
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self.steps_per_run = steps_per_run or settings.STEPS_PER_RUN
        self.most_runs = runs or settings.RUNS_PER_WORKER
        self.actors: dict[uuid.UUID, Actor] = {}
        self.lives: dict[uuid.UUID, asyncio.Task[None]] = {}
        self.plans: dict[uuid.UUID, Plan] = {}
        self.again: set[uuid.UUID] = set()
        self.ward = Ward()
        self.stopping = False
        self.handed_over: list[uuid.UUID] = []
        self._ready = threading.Event()
        self._let_go = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="runs", daemon=True)

    # from other threads

    def start(self) -> None:
        """Begin; returns when the loop works."""
        self._thread.start()
        self._ready.wait(30)

    def take(self, execution_id: uuid.UUID) -> None:
        """Claim a run soon and live with it, if it is free."""
        self._ready.wait(30)
        if self.is_alive:
            self.loop.call_soon_threadsafe(self._take, execution_id)

    def stop(self, wait_s: float) -> None:
        """Hand every run over and end; waits at most so long.

        Others are told only when we waited: before that this process may still take messages itself.
        """
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._stop)
            self._let_go.wait(wait_s)
        while wait_s and self.handed_over:
            send_drive(self.handed_over.pop())

    def join(self, wait_s: float) -> None:
        """Wait until the thread has ended."""
        self._thread.join(wait_s)

    @property
    def is_alive(self) -> bool:
        """Whether the loop works."""
        return self._thread.is_alive() and not self._ended.is_set()

    def warm_up(self) -> None:
        """Import what agents need before the first of them works."""
        from executions.runners.work import runtime

        started = time.monotonic()
        getattr(runtime(), "warm_up", lambda: None)()
        log.info("worker %s is ready (libraries in %.1f s)", self.name, time.monotonic() - started)

    # the loop

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except Exception:
            log.exception("the loop of worker %s ended", self.name)
        finally:
            self._ended.set()

    async def _main(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.ended = asyncio.Event()
        self.room = asyncio.Semaphore(self.most_runs)
        self.redis = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=2, health_check_interval=10
        )
        self.news = News(self.redis)
        self.store = Store(self.name)
        await self.store.open()
        await self._first_renewal()
        beats = (self._every(HEARTBEAT_S, each) for each in (self._renew, self._compare, self._who_looks))
        chores = [asyncio.create_task(each) for each in (*beats, self._listen())]
        self._ready.set()
        await self.ended.wait()
        for chore in chores:
            chore.cancel()
        await asyncio.wait(chores, timeout=1)
        await self.store.close()
        await self.redis.aclose()

    # runs

    def _take(self, execution_id: uuid.UUID) -> None:
        if self.stopping:
            return
        if execution_id in self.lives:
            self._look(execution_id)
            return
        self.lives[execution_id] = asyncio.create_task(self._life(execution_id))

    def _look(self, execution_id: uuid.UUID) -> None:
        """Somebody posted something to a run of ours, or to one that is just coming or going."""
        actor = self.actors.get(execution_id)
        if actor is not None:
            actor.look()
        elif execution_id in self.lives:
            self.again.add(execution_id)

    async def _life(self, execution_id: uuid.UUID) -> None:
        try:
            async with self.room:
                await self._live(execution_id)
        except (asyncio.CancelledError, LostRun):
            log.info("run %s is not ours any more", execution_id)
        except Exception:
            log.exception("run %s was dropped", execution_id)
        finally:
            self.lives.pop(execution_id, None)
            self.news.forget(execution_id)
            self.ward.leave(execution_id)
            if execution_id in self.again and not self.stopping:
                self.again.discard(execution_id)
                self._take(execution_id)

    async def _live(self, execution_id: uuid.UUID) -> None:
        try:
            claimed = await self.store.claim(execution_id, suspects=self.ward.is_free)
        except Unreadable as error:
            sentence = f"The stored run cannot be read: {error}."
            await park(self.store, error.facts, "unreadable", sentence, dropped=error.inbox)
            return
        if claimed is None:
            return
        passing("run.claimed")
        if is_guilty(claimed.facts.claims_without_progress):
            await park(self.store, claimed.facts, WORKER_LOST, sentence_for(claimed.state))
        elif self.ward.admit(claimed):
            await self._act(claimed)
        else:
            await self.store.disown(claimed.facts, blameless=True)

    async def _act(self, claimed: Claimed) -> None:
        facts, actor = claimed.facts, None
        try:
            actor = Actor(self, claimed, await self._plan(facts.version_id))
            self.actors[facts.id] = actor
            self.news.wonder(facts.id, opens=facts.trigger in BY_HAND)
            if facts.id in self.again:
                self.again.discard(facts.id)
                actor.look()
            await actor.live()
        except asyncio.CancelledError:
            await self._disown(claimed, blameless=True)
            raise
        except LostRun:
            raise
        except (StoreUnavailable, *AWAY):
            await self._disown(claimed, blameless=True)
        except Exception as error:
            log.exception("run %s cannot go on", facts.id)
            if actor is not None:
                await actor.silence()
            dropped = [one.id for one in claimed.inbox]
            await park(self.store, facts, "internal_error", _because(error), dropped=dropped)
        finally:
            self.actors.pop(facts.id, None)

    async def _disown(self, claimed: Claimed, *, blameless: bool) -> None:
        """Make a run free with work left, and have it claimed again: by others when we stop."""
        try:
            await self.store.disown(claimed.facts, blameless=blameless)
            passing("run.disowned")
            if self.stopping:
                self.handed_over.append(claimed.facts.id)
            else:
                self.again.add(claimed.facts.id)
        except Exception as error:
            log.warning("run %s is free only when our lease ends: %s", claimed.facts.id, error)

    def give_up(self, actor: Actor, error: BaseException | None) -> None:
        """An effect of a run cannot be done at all."""
        actor.broken = error
        actor.wake.set()

    async def _plan(self, version_id: uuid.UUID) -> Plan:
        """A version made ready for deciding; versions never change, so it is kept."""
        plan = self.plans.pop(version_id, None)
        if plan is None:
            plan = compile_plan(parse_definition(await self.store.definition(version_id)))
        self.plans[version_id] = plan
        while len(self.plans) > 200:
            self.plans.pop(next(iter(self.plans)))
        return plan

    # chores

    async def _first_renewal(self) -> None:
        """Wait for the database as long as it takes: a worker may be started before it."""
        while True:
            try:
                return await self._renew()
            except AWAY as error:
                log.warning("worker %s waits for the database: %s", self.name, str(error).split("\n")[0])
                await asyncio.sleep(1)

    async def _every(self, seconds: float, chore: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do a chore for ever; each has a rhythm of its own, so that none waits for what another waits for."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await asyncio.wait_for(chore(), settings.RUN_LEASE_S)
            except Exception as error:
                log.warning("%s of worker %s: %s", chore.__name__, self.name, error or type(error).__name__)

    async def _renew(self) -> None:
        """Keep the lease. When it may have run out meanwhile, what others took is dropped before any call is made."""
        began, lease = time.monotonic(), self.store.lease
        [row] = await self.store.rows(statements.RENEW, name=self.name, lease=settings.RUN_LEASE_S)
        lease.set_clock(row["now"], time.monotonic() - began)
        if not lease.is_certain:
            await self._compare()
        lease.until = began + settings.RUN_LEASE_S

    async def _compare(self) -> None:
        """Look for commands, for runs that others took, and for runs the database thinks are ours and that we lost."""
        before = {execution_id: actor.facts.fence for execution_id, actor in self.actors.items()}
        coming = set(self.lives) - set(before)
        owned = {row["id"]: row for row in await self.store.rows(statements.OWNED, name=self.name)}
        for execution_id, fence in before.items():
            row = owned.get(execution_id)
            if row is None or row["fence"] != fence:
                self._drop(execution_id, fence)
            elif row["has_commands"]:
                self._look(execution_id)
        for execution_id in owned.keys() - before.keys() - coming - set(self.lives):
            await self._free(execution_id, owned[execution_id]["fence"])

    def _drop(self, execution_id: uuid.UUID, fence: int) -> None:
        """Another worker has the run."""
        actor = self.actors.get(execution_id)
        if actor is not None and actor.facts.fence == fence and not actor.released:
            self.lives[execution_id].cancel()

    async def _free(self, execution_id: uuid.UUID, fence: int) -> None:
        """We claimed it and never heard the answer."""
        values = {"id": execution_id, "fence": fence, "owner": self.name, "back": 1}
        await self.store.count(statements.DISOWN, **values)

    async def _who_looks(self) -> None:
        await self.news.look(self.actors)

    async def _listen(self) -> None:
        while True:
            try:
                async with self.redis.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(channel_of(self.name), channel_behind(VIEWERS))
                    async for message in channel.listen():
                        self._heard(message["channel"].decode(), message["data"])
            except redis.RedisError as error:
                log.warning("worker %s hears no nudges: %s", self.name, error)
            await asyncio.sleep(0.5)

    def _heard(self, channel: str, said: bytes) -> None:
        if channel != channel_of(self.name):
            self.news.seen(said)
            return
        execution_id = uuid.UUID(said.decode())
        if execution_id in self.lives:
            self._look(execution_id)
        else:
            self._take(execution_id)

    # the end

    def _stop(self) -> None:
        if not self.stopping:
            self.stopping = True
            self._farewell = asyncio.create_task(self._hand_over())

    async def _hand_over(self) -> None:
        """Give all runs up at once; with the lease gone, whatever is left is free as well."""
        lives = list(self.lives.values())
        for life in lives:
            life.cancel()
        if lives:
            await asyncio.wait(lives, timeout=HAND_OVER_S)
        try:
            await asyncio.wait_for(self.store.count(statements.RETIRE, name=self.name), 2)
        except Exception as error:
            log.warning("the lease of worker %s ends by itself: %s", self.name, error)
        self._let_go.set()
        self.ended.set()


def _because(error: BaseException) -> str:
    return f"The run cannot go on because of an unforeseen error ({type(error).__name__})."


_lock = threading.Lock()


@lru_cache(maxsize=1)
def _only() -> Worker:
    worker = Worker()
    worker.start()
    return worker


def current() -> Worker:
    """This process's worker, started on first use, and again should its loop have broken."""
    with _lock:
        if not _only().is_alive and not _only().stopping:
            _only.cache_clear()
        return _only()


def retire(wait_s: float) -> None:
    """Hand this process's runs over, if it has a worker."""
    if _only.cache_info().currsize:
        current().stop(wait_s)
