"""Time is the database's: a wrong clock ends nothing early, keeps nothing back and pays nothing twice."""

import asyncio
import math
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from approvals import operations as approvals
from approvals.models import ApprovalRequest
from approvals.queries import database_time
from executions import inbox, lease, operations, sweep
from executions.lease import Lease
from executions.models import Command, Execution
from executions.worker import Worker
from tests.executions.flows import agent, approval, ended, start, step, until, waits
from tests.executions.flows import chain as flow
from tests.people import Cast

LATER = timedelta(hours=2)


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's clock is two hours ahead for whoever asks Django."""
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + LATER)


def test_a_request_expires_by_the_databases_clock(worker: Worker, cast: Cast, ahead: None) -> None:
    waits(start(cast, flow(approval(expires_s=3600), agent("one"))))
    assert approvals.expire_due() == 0
    request = ApprovalRequest.objects.get()
    assert request.expires_at is not None
    assert abs(request.expires_at - database_time() - timedelta(hours=1)) < timedelta(minutes=1)
    assert approvals.decide(request, "approve", by=cast.dan.actor).status == "approved"


def test_timers_come_by_the_databases_clock(worker: Worker, cast: Cast) -> None:
    """The database is two hours ahead of this machine; a step's times and its timeout are the database's."""
    worker.store.lease.set_clock(datetime.now(UTC) + LATER)
    execution = start(cast, flow(agent("one", "sleep 30", timeout_s=0.3)))
    until(lambda: Execution.objects.get().status == "failed", 10)
    began = step(execution, "one").started_at
    assert began is not None
    assert ended(execution).error["code"] == "timeout"


def test_the_worker_asks_the_database_what_time_it_is(worker: Worker, cast: Cast) -> None:
    worker.store.lease.set_clock(datetime.now(UTC) + LATER)
    until(lambda: abs(worker.store.now() - database_time()) < timedelta(seconds=5), 10, "the right time")


def test_what_is_dated_in_the_future_is_swept_at_once(
    worker: Worker, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    execution = waits(start(cast, flow(approval(), agent("one"))))
    with monkeypatch.context() as silent:
        silent.setattr(inbox, "nudge", lambda execution_id: None)
        operations.cancel(execution, by=cast.cleo.actor)
    Command.objects.update(posted_at=timezone.now() + LATER)
    assert sweep.sweep_once() == 1
    assert ended(execution).status == "cancelled"


def test_no_call_is_made_while_the_lease_is_in_doubt(
    worker: Worker, cast: Cast, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after the process was stopped: the run may be another's by now."""

    async def away() -> None:
        raise TimeoutError

    monkeypatch.setattr(worker, "_renew", away)
    certain = worker.store.lease.until
    time.sleep(1.2)  # a renewal that is under way may still end
    worker.store.lease.until = 0.0
    execution = start(cast, flow(agent("one", "sleep 0")))
    time.sleep(0.5)
    assert fake.calls["sleep 0"] == 0
    worker.store.lease.until = certain + 60
    assert ended(execution).status == "completed"
    assert fake.calls["sleep 0"] == 1


async def test_certainty_comes_back_with_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "LOOK_S", 0.01)
    held = Lease()
    held.until = 0.0
    waiting = asyncio.create_task(held.certainty())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    held.until = math.inf
    await asyncio.wait_for(waiting, 5)


def test_small_corrections_never_set_time_back() -> None:
    held = Lease()
    before = held.now()
    held.set_clock(before - timedelta(milliseconds=100))
    assert held.now() >= before
    held.set_clock(before - LATER)
    assert held.now() < before


def test_a_slow_answer_does_not_set_the_time_back() -> None:
    """The database said what time it was; the loop was busy for two seconds before it read that."""
    held = Lease()
    before = held.now()
    held.set_clock(before - timedelta(seconds=1.5), took_s=2.0)
    assert held.now() >= before
    held.set_clock(before - timedelta(seconds=1.5), took_s=0.1)
    assert held.now() < before - timedelta(seconds=1)
