"""Runs that may kill their workers: taken up ever more carefully, and parked at last; the unlucky are not."""

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from executions import chain, operations, statements, suspicion, sweep
from executions.models import Event, Execution, StepRun
from executions.models import Worker as WorkerRow
from executions.store import Store
from executions.suspicion import FIRST_WAIT_S, MOST_CLAIMS, TRUSTED_CLAIMS
from executions.worker import Worker
from tests.executions import fake_runtime
from tests.executions.flows import ENDS, agent, approval, ended, log_of, published, start, step, until
from tests.executions.flows import chain as flow
from tests.executions.test_recovery import lose, other
from tests.executions.test_store import claimed_by, with_store
from tests.people import Cast

__all__ = ["other"]


def lost(cast: Cast, claims: int, ago_s: float, number: int = 1, prompt: str = "") -> Execution:
    """A run whose worker was lost so many times; the last lease ended so long ago."""
    workflow = published(cast, flow(agent("one", prompt)), f"flow{number}")
    assert workflow.published
    owner = f"dead {number}"
    WorkerRow.objects.create(name=owner, lease_until=timezone.now() - timedelta(seconds=ago_s))
    return Execution.objects.create(
        workspace=cast.workspace,
        workflow=workflow,
        version=workflow.published,
        number=number,
        owner=owner,
        fence=claims,
        claims_without_progress=claims,
    )


def is_free(execution: Execution, *, suspects: bool = True) -> bool:
    """Whether the sweep and a claim both say so."""
    found = execution.id in sweep._ids(statements.FREE)
    claimed = with_store(lambda store: store.claim(execution.id, suspects=suspects), uuid.uuid4().hex)
    assert found or claimed is None
    return claimed is not None


@pytest.mark.parametrize("claims", range(1, TRUSTED_CLAIMS))
def test_the_first_losses_cost_no_wait(cast: Cast, claims: int) -> None:
    assert is_free(lost(cast, claims, ago_s=0.01))


@pytest.mark.parametrize("claims", range(TRUSTED_CLAIMS, MOST_CLAIMS))
def test_later_ones_double_the_wait(cast: Cast, claims: int) -> None:
    wait = FIRST_WAIT_S * 2 ** (claims - TRUSTED_CLAIMS)
    assert not is_free(lost(cast, claims, ago_s=wait - 1))
    assert is_free(lost(cast, claims, ago_s=2 * wait + 1, number=2))


def test_a_run_waits_for_minutes_before_it_is_parked() -> None:
    waits = [FIRST_WAIT_S * 2**turn for turn in range(MOST_CLAIMS - TRUSTED_CLAIMS)]
    assert 120 <= sum(waits) <= 300


def test_who_is_to_be_parked_waits_no_more(cast: Cast) -> None:
    assert is_free(lost(cast, MOST_CLAIMS, ago_s=0.01), suspects=False)


def test_a_worker_that_watches_a_suspect_takes_no_other(cast: Cast) -> None:
    suspect = lost(cast, TRUSTED_CLAIMS, ago_s=1000)
    assert not is_free(suspect, suspects=False)
    assert is_free(lost(cast, TRUSTED_CLAIMS - 1, ago_s=1000, number=2), suspects=False)


def test_suspects_that_were_lost_together_come_back_one_by_one(cast: Cast) -> None:
    """Each waits by its own measure, so that the guilty one takes others along only by chance."""
    begun = timezone.now()
    WorkerRow.objects.create(name="dead", lease_until=begun)
    suspects = [lost(cast, MOST_CLAIMS - 2, ago_s=1, number=number) for number in range(12)]
    Execution.objects.update(owner="dead")

    def free_after(seconds: float) -> int:
        WorkerRow.objects.filter(name="dead").update(lease_until=timezone.now() - timedelta(seconds=seconds))
        return len(sweep._ids(statements.FREE))

    wait = FIRST_WAIT_S * 2 ** (MOST_CLAIMS - 2 - TRUSTED_CLAIMS)
    assert free_after(wait - 1) == 0
    assert 0 < free_after(1.5 * wait) < len(suspects)
    assert free_after(2 * wait + 1) == len(suspects)


def test_two_suspects_are_not_at_work_side_by_side(
    worker: Worker, cast: Cast, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspicion, "ALONE_S", 1.2)
    for number in range(1, 3):
        lost(cast, TRUSTED_CLAIMS, ago_s=1000, number=number, prompt=f"sleep 3{number}")
    Execution.objects.update(status="running")
    for execution in Execution.objects.all():
        StepRun.objects.create(
            execution=execution, path="one", step_id="one", kind="agent", status="running", attempt=1,
            input={"prompt": f"sleep 3{execution.number}", "agent": "writer"},
        )  # fmt: skip
    sweep.sweep_once()
    until(lambda: sum(fake.running.values()) == 1)
    for _ in range(4):
        sweep.sweep_once()
        time.sleep(0.1)
        assert sum(fake.running.values()) == 1
    assert Execution.objects.filter(claims_without_progress__lte=TRUSTED_CLAIMS).count() == 1, (
        "the other is not blamed for being sent away"
    )

    def swept() -> bool:
        sweep.sweep_once()
        return bool(sum(fake.running.values()) == 2)

    until(swept, what="the second, once the first has lived for a while")


def test_a_suspect_that_makes_progress_lets_the_next_one_in(
    worker: Worker, cast: Cast, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    suspects = [lost(cast, TRUSTED_CLAIMS, ago_s=1000, number=number) for number in range(1, 6)]

    def swept() -> bool:
        sweep.sweep_once()
        return not Execution.objects.exclude(status="completed").exists()

    until(swept, what="the end of all")
    assert {Execution.objects.get(pk=one.pk).claims_without_progress for one in suspects} == {0}


def test_a_recorded_answer_is_progress(
    worker: Worker, other: Any, cast: Cast, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A team of three has answered once, and the step has not ended."""
    team = {
        "id": "talk",
        "type": "team",
        "config": {"members": ["ann", "bob", "cid"], "prompt": "sleep 0.7 each"},
    }
    start(cast, flow(team))
    until(lambda: fake.running["sleep 0.7 each"])
    Execution.objects.update(claims_without_progress=TRUSTED_CLAIMS)
    until(lambda: fake.calls["sleep 0.7 each"] == 2)
    assert Execution.objects.get().claims_without_progress == 0
    lose(worker)


def test_a_run_that_cannot_be_handed_over_is_not_blamed(cast: Cast) -> None:
    execution = lost(cast, 0, ago_s=-60)
    Execution.objects.update(owner="leaving", status="running", claims_without_progress=1)
    WorkerRow.objects.create(name="leaving", lease_until=timezone.now() + timedelta(minutes=1))

    async def retire(store: Store) -> int:
        return await store.count(statements.RETIRE, name="leaving")

    assert with_store(retire) == 1
    execution.refresh_from_db()
    assert (execution.owner, execution.claims_without_progress) == ("nobody", 0)
    assert with_store(lambda store: claimed_by(store, execution), "next")


def test_a_guilty_run_ends_parked_and_an_unlucky_one_completes(
    worker: Worker, other: Any, cast: Cast, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever the guilty run is at work its worker is lost, with all that lives there."""
    monkeypatch.setattr(suspicion, "FIRST_WAIT_S", 0.05)
    guilty = start(cast, flow(agent("boom", "sleep 60")), slug="guilty")
    unlucky = start(cast, flow(agent("one", "sleep 0.3"), agent("two")), slug="unlucky")
    kills = 0
    while until(lambda: _at_work_or_over(guilty), 20) == "at work":
        kills += 1
        lose(worker)
        worker = other()
    assert kills == MOST_CLAIMS + 1, "the first claim of all made progress: it began the run"
    guilty = ended(guilty, 20)
    assert (guilty.status, guilty.error["code"]) == ("failed", "worker_lost")
    assert "boom" in guilty.error["message"]
    until(lambda: sweep.sweep_once() + 1 and _status(unlucky) in ENDS, 20)
    assert ended(unlucky).status == "completed"


def _at_work_or_over(guilty: Execution) -> str:
    sweep.sweep_once()
    if fake_runtime.running["sleep 60"]:
        return "at work"
    return "over" if _status(guilty) in ENDS else ""


def _status(execution: Execution) -> str:
    return str(Execution.objects.get(pk=execution.pk).status)


def test_parking_tells_of_every_step_that_it_stops(worker: Worker, other: Any, cast: Cast, fake: Any) -> None:
    steps = [
        {"id": "each", "type": "loop", "config": {"items": [1, 2], "concurrency": 2, "mode": "for_each"}},
        agent("inside", "sleep 30", parent="each", timeout_s=100),
        approval("gate"),
    ]
    execution = start(cast, {"format": 1, "steps": steps, "edges": []})
    until(lambda: fake.running["sleep 30"] == 2)
    until(lambda: StepRun.objects.filter(path="gate", status="waiting").exists())
    lose(worker)
    Execution.objects.update(claims_without_progress=MOST_CLAIMS)
    other()
    sweep.sweep_once()
    execution = ended(execution)
    assert chain.verify(execution).is_whole
    told = Event.objects.filter(execution_id=execution.id, type="step.cancelled").order_by("seq")
    paths = [event.path for event in told]
    assert sorted(paths) == ["each", "each[0]", "each[0].inside", "each[1]", "each[1].inside", "gate"]
    assert paths.index("each[0].inside") < paths.index("each[0]") < paths.index("each")
    assert log_of(execution)[-1] == "run.failed"
    assert set(StepRun.objects.values_list("path", "status")) == {(path, "cancelled") for path in paths}
    assert "timers" not in step(execution, "each[0].inside").state

    operations.retry(execution, by=cast.cleo.actor)
    until(lambda: fake.running["sleep 30"] == 2, what="the retry")
