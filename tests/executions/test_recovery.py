"""Workers are lost, messages are lost; what was recorded is never done again."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from approvals.models import ApprovalRequest
from executions import chain, dispatch, inbox, operations, sweep
from executions import worker as workers
from executions.models import Call, Execution, StepRun
from executions.models import Worker as WorkerRow
from executions.suspicion import MOST_CLAIMS
from executions.worker import Worker
from tests.executions.flows import agent, approval, ended, log_of, start, step, until, waits
from tests.executions.flows import chain as flow
from tests.people import Cast
from workflows.models import WorkflowVersion


def lose(worker: Worker) -> None:
    """As if the process had been killed: its loop ends without a word, its lease runs out."""
    worker.stopping = True
    worker.loop.call_soon_threadsafe(_drop_all, worker)
    worker.join(5)
    WorkerRow.objects.filter(name=worker.name).update(lease_until=timezone.now() - timedelta(seconds=1))


def _drop_all(worker: Worker) -> None:
    async def nothing(*_: Any, **__: Any) -> None:
        pass

    worker.store.disown = nothing  # type: ignore[method-assign]
    for life in list(worker.lives.values()):
        life.cancel()
    worker.ended.set()


@pytest.fixture
def other(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A second worker, which gets all messages once it is called."""
    made: list[Worker] = []

    def begin() -> Worker:
        second = Worker()
        second.start()
        monkeypatch.setattr(workers, "current", lambda: second)
        made.append(second)
        return second

    yield begin
    for one in made:
        one.stop(5)
        one.join(5)


def test_a_lost_step_is_done_again_and_a_recorded_one_is_not(
    worker: Worker, other: Any, cast: Cast, fake: Any
) -> None:
    execution = start(cast, flow(agent("one"), agent("two", "sleep 0.5"), agent("three")))
    until(lambda: fake.running["sleep 0.5"])
    lose(worker)
    other()
    assert sweep.sweep_once() == 1
    execution = ended(execution)
    assert execution.status == "completed"
    assert fake.calls == {"say one": 1, "sleep 0.5": 2, "say three": 1}
    assert step(execution, "two").attempt == 1
    assert chain.verify(execution).is_whole
    assert Execution.objects.get().fence == 2


def test_a_call_that_was_recorded_is_not_paid_again(
    worker: Worker, other: Any, cast: Cast, fake: Any
) -> None:
    """The step of three calls is lost in its third; the first two answer from the journal."""
    team = {
        "id": "talk",
        "type": "team",
        "config": {"members": ["ann", "bob", "cid"], "prompt": "sleep 0.3 each"},
    }
    execution = start(cast, flow(team))
    until(lambda: fake.calls["sleep 0.3 each"] == 3)
    lose(worker)
    other()
    sweep.sweep_once()
    execution = ended(execution)
    assert execution.status == "completed"
    assert fake.calls["sleep 0.3 each"] == 4
    assert Call.objects.filter(execution=execution).count() == 3
    assert execution.requests == 3


def test_an_approval_is_asked_once(worker: Worker, other: Any, cast: Cast, monkeypatch: Any) -> None:
    """The worker is lost between the commit and the asking."""

    def lost(*_: Any, **__: Any) -> None:
        raise SystemError("the process dies here")

    with monkeypatch.context() as broken:
        broken.setattr(dispatch.approvals, "open_request", lost)
        broken.setattr(workers, "park", lambda *_: _never())
        execution = start(cast, flow(approval(), agent("one")))
        until(lambda: StepRun.objects.filter(path="gate", status="waiting").exists())
        lose(worker)
    assert not ApprovalRequest.objects.exists()
    other()
    sweep.sweep_once()
    waits(execution)
    assert ApprovalRequest.objects.filter(status="pending").count() == 1


async def _never() -> None:
    await asyncio.sleep(60)


def test_a_lost_message_costs_a_second_and_no_run(
    worker: Worker, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as silent:
        silent.setattr(inbox, "send_drive", lambda execution_id: None)
        execution = start(cast, flow(approval(), agent("one")))
    assert sweep.sweep_once() == 0, "a message may be on its way"
    Execution.objects.update(created_at=timezone.now() - timedelta(seconds=5))
    assert sweep.sweep_once() == 1
    waits(execution)


def test_a_command_nobody_took_is_found(worker: Worker, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    execution = waits(start(cast, flow(approval(), agent("one"))))
    with monkeypatch.context() as silent:
        silent.setattr(inbox, "nudge", lambda execution_id: None)
        operations.cancel(execution, by=cast.cleo.actor)
    time.sleep(sweep.PATIENCE_S + 0.1)
    assert sweep.sweep_once() == 1
    assert ended(execution).status == "cancelled"


def test_a_lost_nudge_to_the_owner_costs_a_second(
    worker: Worker, cast: Cast, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    execution = start(cast, flow(agent("one", "sleep 30")))
    until(lambda: fake.running["sleep 30"])
    with monkeypatch.context() as silent:
        silent.setattr(inbox, "nudge", lambda execution_id: None)
        operations.cancel(execution, by=cast.cleo.actor)
    assert ended(execution, 3).status == "cancelled"


def test_every_message_twice_does_no_harm(worker: Worker, cast: Cast, fake: Any) -> None:
    execution = start(cast, flow(agent("one", "sleep 0.2"), agent("two")))
    for _ in range(5):
        worker.take(execution.id)
        sweep.sweep_once()
    execution = ended(execution)
    for _ in range(3):
        worker.take(execution.id)
    time.sleep(0.2)
    assert fake.calls == {"sleep 0.2": 1, "say two": 1}
    assert Execution.objects.get().fence == 1


def test_a_run_that_kills_its_workers_is_parked(worker: Worker, other: Any, cast: Cast, fake: Any) -> None:
    execution = start(cast, flow(agent("one", "sleep 20")))
    until(lambda: fake.running["sleep 20"])
    lose(worker)
    Execution.objects.update(claims_without_progress=MOST_CLAIMS)
    other()
    sweep.sweep_once()
    execution = ended(execution)
    assert execution.status == "failed"
    assert execution.error["code"] == "worker_lost"
    assert "one" in execution.error["message"]
    assert chain.verify(execution).is_whole
    assert step(execution, "one").status == "cancelled"

    operations.retry(execution, by=cast.cleo.actor)
    until(lambda: fake.calls["sleep 20"] == 2, what="the retry")


def test_a_poisoned_run_is_parked_and_others_go_on(worker: Worker, cast: Cast) -> None:
    poisoned = waits(start(cast, flow(approval(), agent("one")), slug="poisoned"))
    Execution.objects.filter(pk=poisoned.pk).update(state={"context": 7, "extra": []})
    operations.pause(poisoned, by=cast.cleo.actor)
    healthy = ended(start(cast, flow(agent("one"))))
    poisoned = ended(poisoned)
    assert (poisoned.status, poisoned.error["code"]) == ("failed", "unreadable")
    assert ApprovalRequest.objects.get(origin=str(poisoned.id)).status == "cancelled"
    assert healthy.status == "completed"


def test_a_definition_that_cannot_be_read_parks_the_run(worker: Worker, cast: Cast) -> None:
    execution = waits(start(cast, flow(approval(), agent("one"))))
    broken = {"format": 1, "steps": [{"id": "one", "type": "unheard of", "config": {}}]}
    WorkflowVersion.objects.filter(pk=execution.version_id).update(definition=broken)
    worker.plans.clear()
    operations.pause(execution, by=cast.cleo.actor)
    execution = ended(execution)
    assert (execution.status, execution.error["code"]) == ("failed", "internal_error")


def test_an_order_that_cannot_be_read_is_dropped(worker: Worker, cast: Cast) -> None:
    execution = waits(start(cast, flow(approval(), agent("one"))))
    execution.inbox.create(kind="nonsense", data={})
    execution.inbox.create(kind="decided", data={"what": 1})
    operations.cancel(execution, by=cast.cleo.actor)
    assert ended(execution).status == "cancelled"
    assert not execution.inbox.exists()


def test_a_broken_search_does_not_stop_the_sweep(
    worker: Worker, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    execution = start(cast, flow(agent("one")))
    monkeypatch.setattr(sweep, "SEARCHES", ("SELECT nonsense", *sweep.SEARCHES))
    monkeypatch.setattr(sweep, "expire_due", lambda now: 1 / 0)
    sweep.sweep_once()
    assert ended(execution).status == "completed"
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_nothing_is_written_by_a_worker_whose_run_was_taken(worker: Worker, cast: Cast, fake: Any) -> None:
    execution = start(cast, flow(agent("one", "sleep 0.6"), agent("two")))
    until(lambda: fake.running["sleep 0.6"])
    before = log_of(execution)
    Execution.objects.update(fence=99, owner="somebody else")
    WorkerRow.objects.create(name="somebody else", lease_until=timezone.now() + timedelta(minutes=1))
    time.sleep(1.5)
    assert log_of(execution) == before
    assert not worker.lives
    assert Execution.objects.get().owner == "somebody else"
