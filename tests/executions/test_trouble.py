"""Services go away and come back; steps that do not listen; the loop itself breaks."""

import asyncio
import contextlib
import time
from typing import Any

import psycopg
import pytest
from django.db import OperationalError

from approvals.models import ApprovalRequest
from convergio.celery import app
from executions import actor as actors
from executions import database, dispatch, inbox, live, operations, statements, tasks, working
from executions import worker as workers
from executions.store import Store
from executions.worker import Worker
from tests.executions import fake_runtime
from tests.executions.flows import agent, approval, ended, start, until, waits
from tests.executions.flows import chain as flow
from tests.executions.test_store import with_store
from tests.people import Cast
from tests.stack.rig import database_url


def away_for(worker: Worker, monkeypatch: pytest.MonkeyPatch, query: str, times: int) -> list[int]:
    """The database does not answer a statement so many times."""
    real, left = worker.store.rows, [times]

    async def rows(asked: str, **values: Any) -> Any:
        if asked.startswith(query) and left[0]:
            left[0] -= 1
            raise psycopg.OperationalError("the database system is starting up")
        return await real(asked, **values)

    monkeypatch.setattr(worker.store, "rows", rows)
    return left


@pytest.mark.parametrize("query", [statements.BEGIN_CALL, statements.WRITE, statements.DEFINITION])
def test_a_run_waits_for_its_database(
    worker: Worker, cast: Cast, fake: Any, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    left = away_for(worker, monkeypatch, query, 2)
    execution = ended(start(cast, flow(agent("one"), agent("two"))))
    assert execution.status == "completed"
    assert left == [0]
    assert fake.calls == {"say one": 1, "say two": 1}


def test_a_run_is_given_up_and_found_again_when_the_database_stays_away(
    worker: Worker, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE_S", 0.05)
    away_for(worker, monkeypatch, statements.WRITE, 3)
    execution = ended(start(cast, flow(agent("one"))))
    assert execution.status == "completed"
    assert execution.fence > 1


def test_asking_people_waits_for_the_database(
    worker: Worker, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = dispatch.approvals.open_request, [OperationalError("gone")] * 2

    def open_request(**facts: Any) -> Any:
        if failures:
            raise failures.pop()
        return real(**facts)

    monkeypatch.setattr(dispatch.approvals, "open_request", open_request)
    waits(start(cast, flow(approval(), agent("one"))))
    assert ApprovalRequest.objects.count() == 1


def test_what_cannot_be_asked_at_all_parks_the_run(
    worker: Worker, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**facts: Any) -> Any:
        raise LookupError("nobody knows why")

    monkeypatch.setattr(dispatch.approvals, "open_request", refuse)
    execution = ended(start(cast, flow(approval(), agent("one"))))
    assert (execution.status, execution.error["code"]) == ("failed", "internal_error")


def test_redis_that_does_not_answer_holds_nothing_up(
    worker: Worker, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def frozen(topic: str, message: dict[str, Any]) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(live, "publish", frozen)
    monkeypatch.setattr(live, "ANSWER_S", 0.05)
    began = time.monotonic()
    execution = ended(start(cast, flow(*[agent(f"s{number}") for number in range(5)])))
    assert execution.status == "completed"
    assert time.monotonic() - began < 20


def test_no_broker_is_no_error(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionError("nobody there")

    monkeypatch.setattr(tasks.drive, "apply_async", refuse)
    assert start(cast, flow(agent("one"))).status == "queued"


def test_no_nudge_is_no_error(worker: Worker, cast: Cast, fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    execution = start(cast, flow(agent("one", "sleep 30")))
    until(lambda: fake.running["sleep 30"])

    class Deaf:
        def publish(self, *_: Any) -> None:
            raise inbox.redis.ConnectionError("nobody there")

    monkeypatch.setattr(inbox, "_redis", Deaf)
    operations.cancel(execution, by=cast.cleo.actor)
    assert ended(execution, 4).status == "cancelled"


def test_a_step_that_does_not_stop_does_not_keep_its_run(
    worker: Worker, cast: Cast, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actors, "FAREWELL_S", 0.3)
    real = fake_runtime._do

    async def stubborn(prompt: str, context: Any) -> Any:
        if prompt != "listen to nobody":
            return await real(prompt, context)
        end = time.monotonic() + 4
        while time.monotonic() < end:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.1)
        return "at last"

    monkeypatch.setattr(fake_runtime, "_do", stubborn)
    execution = start(cast, flow(agent("one", "listen to nobody")))
    until(lambda: fake.running["listen to nobody"])
    operations.cancel(execution, by=cast.cleo.actor)
    assert ended(execution, 3).status == "cancelled"


def test_a_broken_loop_is_replaced(committed_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Worker] = []

    class Short(Worker):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

        async def _listen(self) -> None:
            if len(made) == 1:
                self.ended.set()
            await asyncio.sleep(60)

    monkeypatch.setattr(workers, "Worker", Short)
    workers.current()
    made[0].join(30)
    second = workers.current()
    assert second is not made[0]
    assert second.is_alive
    workers.retire(5)
    workers._only.cache_clear()


def test_more_runs_than_there_is_room_for_wait_their_turn(
    committed_cast: Cast, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Worker(runs=2)
    small.start()
    monkeypatch.setattr(workers, "current", lambda: small)
    app.conf.task_always_eager = True
    try:
        document = flow(agent("one", "sleep 0.2"))
        runs = [start(committed_cast, document, slug=f"flow{number}") for number in range(6)]
        most = 0
        while any(fake.running.values()) or fake.calls["sleep 0.2"] < 6:
            most = max(most, fake.running["sleep 0.2"])
            time.sleep(0.01)
        assert most == 2
        assert [ended(run).status for run in runs] == ["completed"] * 6
    finally:
        app.conf.task_always_eager = False
        small.stop(5)
        small.join(5)


def test_a_database_that_is_away_is_no_failure_of_a_step(
    worker: Worker, cast: Cast, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "PAUSE_S", 0.05)
    failures = [OperationalError("gone"), OperationalError("still gone")]
    real = fake_runtime.run_agent

    async def run_agent(task: Any, context: Any) -> Any:
        answer = await real(task, context)
        if failures:
            raise failures.pop()
        return answer

    monkeypatch.setattr(fake_runtime, "run_agent", run_agent)
    execution = ended(start(cast, flow(agent("one"))))
    assert (execution.status, execution.requests) == ("completed", 1)
    assert fake.calls == {"say one": 1}


def test_a_restart_of_the_database_costs_a_store_one_statement(committed_cast: Cast) -> None:
    """All connections are broken at once; when one shows it the others are looked at before they are lent."""

    async def go(store: Store) -> int:
        await asyncio.gather(*(store.rows("SELECT pg_sleep(0.2)") for _ in range(database.POOL_SIZE)))
        with psycopg.connect(database_url(), autocommit=True) as other:
            ended = other.execute(
                "SELECT count(pg_terminate_backend(pid, 2000)) FROM pg_stat_activity"
                " WHERE application_name = 'convergio runs' AND datname = current_database()"
            ).fetchone()
        assert ended is not None and ended[0] >= database.POOL_SIZE
        broken = 0
        for _ in range(database.POOL_SIZE):
            try:
                await store.rows("SELECT 1")
            except database.AWAY:
                broken += 1
            await asyncio.sleep(0.1)
        return broken

    assert with_store(go) == 1
