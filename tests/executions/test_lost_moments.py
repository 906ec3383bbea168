"""A worker dies between one commit and the next: whoever waits is told, and nobody waits for what is over."""

import asyncio
from typing import Any

import pytest
from django.db import connection, transaction

from approvals.models import ApprovalRequest
from executions import dispatch, operations, sweep
from executions import worker as workers
from executions.models import Execution, StepRun
from executions.suspicion import MOST_CLAIMS
from executions.worker import Worker
from tests.executions.flows import agent, approval, ended, log_of, published, start, until, waits
from tests.executions.flows import chain as flow
from tests.executions.test_children import call
from tests.executions.test_recovery import lose, other
from tests.executions.test_store import with_store
from tests.people import Cast

__all__ = ["other"]


def test_the_parent_of_a_parked_run_is_told(worker: Worker, other: Any, cast: Cast, fake: Any) -> None:
    published(cast, flow(agent("one", "sleep 0.5")), "child")
    execution = start(cast, flow(call()))
    until(lambda: fake.running["sleep 0.5"])
    lose(worker)
    Execution.objects.filter(parent=execution).update(claims_without_progress=MOST_CLAIMS)
    other()
    sweep.sweep_once()
    assert ended(execution).error["code"] == "worker_lost"


def test_a_run_that_cannot_be_read_is_parked_once(worker: Worker, cast: Cast) -> None:
    """The order that woke it is dropped; else it would be claimed and parked again each second."""
    poisoned = waits(start(cast, flow(approval(), agent("one"))))
    StepRun.objects.filter(execution=poisoned, path="gate").update(status="no such status")
    operations.pause(poisoned, by=cast.cleo.actor)
    poisoned = ended(poisoned)
    assert not poisoned.inbox.exists()
    operations.retry(poisoned, by=cast.cleo.actor)
    until(lambda: not poisoned.inbox.exists(), what="an empty inbox")
    assert log_of(ended(poisoned)).count("run.failed") == 1


def test_a_worker_lost_while_it_parks_is_followed_by_another(
    worker: Worker, other: Any, cast: Cast, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(cast, flow(agent("one", "crash here")), "child")
    with monkeypatch.context() as broken:
        broken.setattr("executions.parking.let_others_go", _dies)
        broken.setattr("executions.working._explained", _dies)
        execution = start(cast, flow(call()))
        until(lambda: Execution.objects.filter(parent=execution, status="failed").exists())
        lose(worker)
    other()
    sweep.sweep_once()
    assert ended(execution).error["code"] == "internal_error"
    assert log_of(Execution.objects.get(parent=execution)).count("run.failed") == 1


def _dies(*_: Any, **__: Any) -> None:
    raise SystemError("the process dies here")


def test_what_a_lost_worker_did_not_withdraw_is_withdrawn(
    worker: Worker, other: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pass that asked is over and has left the state, so that nothing in it tells of the request."""
    published(cast, flow(approval("inner")), "child")
    steps = [
        {"id": "each", "type": "loop", "config": {"items": [1]}},
        {"id": "race", "type": "parallel", "parent": "each", "config": {"wait_for": "any"}},
        agent("fast", "sleep 0.5", parent="race"),
        approval("slow", parent="race"),
        call("sub", parent="race"),
        agent("last", "sleep 1"),
    ]
    edges = [{"source": "each", "port": "done", "target": "last"}]
    with monkeypatch.context() as broken:
        broken.setattr(dispatch.approvals, "withdraw", _dies)  # type: ignore[attr-defined]
        broken.setattr(dispatch, "cancel_children", _dies)
        broken.setattr(workers, "park", _never)
        execution = start(cast, {"format": 1, "steps": steps, "edges": edges})
        child = until(lambda: Execution.objects.filter(parent=execution, status="waiting").first())
        until(lambda: StepRun.objects.filter(execution=execution, path="last").exists())
        lose(worker)
    request = ApprovalRequest.objects.get(origin=str(execution.id))
    assert request.status == "pending"
    other()
    sweep.sweep_once()
    assert ended(execution).status == "completed"
    request.refresh_from_db()
    assert request.status == "cancelled"
    assert ended(child).status == "cancelled"


async def _never(*_: Any, **__: Any) -> None:
    await asyncio.sleep(60)


def test_a_retry_keeps_the_requests_that_it_opens(worker: Worker, cast: Cast) -> None:
    """What an ended run withdraws is withdrawn before its retry asks again."""
    execution = waits(start(cast, flow(approval(), agent("one"))))
    operations.cancel(execution, by=cast.cleo.actor)
    ended(execution)
    for _ in range(3):
        operations.retry(execution, by=cast.cleo.actor)
        waits(execution)
        assert ApprovalRequest.objects.filter(status="pending").count() == 1
        operations.cancel(execution, by=cast.cleo.actor)
        ended(execution)


def test_a_run_that_goes_on_again_does_not_tell_its_parent_that_it_ended(worker: Worker, cast: Cast) -> None:
    published(cast, flow(approval(), agent("one")), "child")
    execution = waits(start(cast, flow(call())))
    child = waits(Execution.objects.get(parent=execution))
    dispatch.tell_parent(child.id)
    assert not execution.inbox.exists()


def test_a_claim_does_not_go_on_with_step_runs_older_than_the_run(cast: Cast) -> None:
    """A stalled owner wrote while we claimed: our look at its step runs was before, our claim after."""
    workflow = published(cast, flow(agent("one")))
    assert workflow.published
    execution = Execution.objects.create(
        workspace=cast.workspace, workflow=workflow, version=workflow.published, number=1, owner="stalled"
    )

    async def claim(store: Any) -> Any:
        claiming = asyncio.create_task(store.claim(execution.id))
        await asyncio.to_thread(until, _somebody_waits, 5)
        await asyncio.to_thread(finished.set)
        return await claiming

    import threading

    finished, begun = threading.Event(), threading.Event()

    def stalled_write() -> None:
        with transaction.atomic():
            Execution.objects.filter(pk=execution.pk).update(seq=1)
            begun.set()
            finished.wait(5)
        connection.close()

    writer = threading.Thread(target=stalled_write)
    writer.start()
    begun.wait(5)
    assert with_store(claim) is None
    writer.join()
    execution.refresh_from_db()
    assert (execution.owner, execution.seq) == ("nobody", 1)
    assert with_store(lambda store: store.claim(execution.id))


def _somebody_waits() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(cursor.fetchone()[0])
    finally:
        connection.close()
