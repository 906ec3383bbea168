"""What a run says it used is what its journal and its sub-workflows say, however it came to its end."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Count, Q, Sum
from django.utils import timezone

from executions import actor as actors
from executions import chain, inbox, operations, sweep
from executions.costs import PAID
from executions.engine.state import Usage
from executions.models import Call, Execution, StepRun
from executions.suspicion import MOST_CLAIMS
from executions.worker import Worker
from tests.executions.flows import agent, approval, ended, published, start, step, until, waits
from tests.executions.flows import chain as flow
from tests.executions.test_children import call
from tests.executions.test_recovery import lose, other
from tests.people import Cast

__all__ = ["other"]

SUMS = {name: Sum(name) for name in Usage.__slots__}


def team(prompt: str, **more: Any) -> dict[str, Any]:
    config = {"mode": "round_robin", "members": ["ann", "bob"], "prompt": prompt}
    return {"id": "talk", "type": "team", "config": config, **more}


def sums(found: Any) -> tuple[Any, ...]:
    return tuple(found[name] or 0 for name in Usage.__slots__)


def adds_up(execution: Execution) -> bool:
    """The three sums are one."""
    paid = Call.objects.filter(execution=execution, status__in=PAID).aggregate(
        requests=Count("id", filter=Q(kind="model")),
        tool_calls=Count("id", filter=Q(kind="tool")),
        **{name: Sum(name) for name in ("prompt_tokens", "completion_tokens", "cost")},
    )
    children = Execution.objects.filter(parent=execution, trigger="workflow").aggregate(**SUMS)
    steps = StepRun.objects.filter(execution=execution).aggregate(**SUMS)
    run = Execution.objects.values().get(pk=execution.pk)
    calls = tuple(one + two for one, two in zip(sums(paid), sums(children), strict=True))
    return calls == sums(steps) == sums(run) and chain.verify(Execution.objects.get(pk=execution.pk)).is_whole


def half_done(cast: Cast, fake: Any, *steps: dict[str, Any], seconds: float = 0.5) -> Execution:
    """A team of which one has spoken and the other is speaking."""
    prompt = f"sleep {seconds}"
    execution = start(cast, flow(team(prompt), *steps))
    until(lambda: fake.calls[prompt] == 2)
    return execution


def test_a_cancelled_step_counts_what_it_paid(worker: Worker, cast: Cast, fake: Any) -> None:
    execution = half_done(cast, fake)
    operations.cancel(execution, by=cast.cleo.actor)
    execution = ended(execution)
    assert (execution.status, execution.requests, float(execution.cost)) == ("cancelled", 1, 0.01)
    assert step(execution, "talk").requests == 1
    assert sorted(Call.objects.values_list("status", flat=True)) == ["failed", "finished"]
    assert adds_up(execution)


def test_a_step_out_of_time_counts_what_it_paid(worker: Worker, cast: Cast, fake: Any) -> None:
    execution = ended(start(cast, flow(team("sleep 0.6", timeout_s=1))))
    assert (execution.status, execution.requests) == ("failed", 1)
    assert adds_up(execution)


def test_another_try_pays_only_what_is_missing(worker: Worker, cast: Cast, fake: Any) -> None:
    retry = {"attempts": 2, "backoff_s": 0.1, "jitter": 0}
    execution = ended(start(cast, flow(team("sleep 0.6", timeout_s=1, retry=retry))))
    assert (execution.status, execution.requests) == ("completed", 2)
    assert adds_up(execution)


def test_a_lost_and_then_cancelled_step_counts_what_it_paid(
    worker: Worker, other: Any, cast: Cast, fake: Any
) -> None:
    execution = half_done(cast, fake, seconds=0.5)
    lose(worker)
    inbox.post(execution.id, "cancel", {"reason": "lost"})
    other()
    sweep.sweep_once()
    execution = ended(execution)
    assert (execution.status, execution.requests) == ("cancelled", 1)
    assert adds_up(execution)


def test_a_parked_run_counts_what_it_paid(worker: Worker, other: Any, cast: Cast, fake: Any) -> None:
    execution = half_done(cast, fake)
    lose(worker)
    Execution.objects.update(claims_without_progress=MOST_CLAIMS)
    other()
    sweep.sweep_once()
    execution = ended(execution)
    assert (execution.error["code"], execution.requests) == ("worker_lost", 1)
    assert adds_up(execution)
    operations.retry(execution, by=cast.cleo.actor)
    until(lambda: Execution.objects.get().status == "completed")
    assert Execution.objects.get().requests == 2
    assert adds_up(execution)


def test_a_step_that_does_not_stop_loses_its_journal(
    worker: Worker, cast: Cast, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers long after the run was let go; what it paid then is nobody's any more."""
    monkeypatch.setattr(actors, "FAREWELL_S", 0.3)
    execution = start(cast, flow(agent("one", "stubborn 1.5")))
    until(lambda: fake.running["stubborn 1.5"])
    operations.cancel(execution, by=cast.cleo.actor)
    execution = ended(execution)
    until(lambda: not fake.running["stubborn 1.5"])
    time.sleep(0.2)
    assert Call.objects.get().status == "failed"
    assert adds_up(execution)


def test_a_cancelled_branch_of_a_pass_that_is_over_is_counted(worker: Worker, cast: Cast, fake: Any) -> None:
    """Its step run has left the state before it says what it paid."""
    steps = [
        {"id": "each", "type": "loop", "config": {"items": [1, 2]}},
        {"id": "race", "type": "parallel", "parent": "each", "config": {"wait_for": "any"}},
        agent("fast", "sleep 0.4 fast", parent="race"),
        team("sleep 0.25", parent="race"),
    ]
    execution = ended(start(cast, {"format": 1, "steps": steps, "edges": []}))
    assert execution.status == "completed", execution.error
    assert (execution.requests, step(execution, "each[0].race.talk").status) == (4, "cancelled")
    assert adds_up(execution)


def test_a_cancelled_child_counts_for_its_parent(worker: Worker, cast: Cast, fake: Any) -> None:
    published(cast, flow(team("sleep 0.5")), "child")
    execution = start(cast, flow(call()))
    until(lambda: fake.calls["sleep 0.5"] == 2)
    operations.cancel(execution, by=cast.cleo.actor)
    ended(execution)
    child = ended(Execution.objects.get(parent=execution))
    assert child.requests == 1
    until(lambda: adds_up(child) and adds_up(execution), 8, "the sum")
    assert Execution.objects.get(pk=execution.pk).requests == 1


def test_revisions_and_forks_add_up(worker: Worker, cast: Cast, fake: Any) -> None:
    execution = start(cast, flow(agent("draft"), approval(revise="draft"), agent("end")))
    waits(execution)
    said = {"path": "gate", "round": 0, "status": "changes_requested", "comment": "more"}
    inbox.post(execution.id, "decided", said)
    until(lambda: StepRun.objects.filter(path="gate", round=1, status="waiting").exists())
    inbox.post(execution.id, "decided", {"path": "gate", "round": 1, "status": "approved"})
    execution = ended(execution)
    assert execution.requests == 3
    assert adds_up(execution)
    forked = ended(operations.fork(execution, "end", by=cast.cleo.actor))
    assert forked.requests == 1
    assert adds_up(forked)


def test_a_second_worker_knows_what_the_limit_has_left(
    worker: Worker, other: Any, cast: Cast, fake: Any
) -> None:
    more = {"guardrails": {"max_requests": 3, "max_cost": 0.05}}
    execution = start(cast, flow(team("sleep 0.5", **more)))
    until(lambda: fake.calls["sleep 0.5"] == 2)
    assert fake.tasks[-1].limits.max_requests == 3
    lose(worker)
    other()
    sweep.sweep_once()
    execution = ended(execution)
    limits = fake.tasks[-1].limits
    assert (limits.max_requests, round(limits.max_cost, 8)) == (2, 0.04)
    assert execution.requests == 2
    assert adds_up(execution)


def test_a_try_that_was_cut_off_is_taken_from_the_next_ones_limit(
    worker: Worker, cast: Cast, fake: Any
) -> None:
    retry = {"attempts": 2, "backoff_s": 0, "jitter": 0}
    more = {"guardrails": {"max_requests": 3}, "timeout_s": 1, "retry": retry}
    ended(start(cast, flow(team("sleep 0.6", **more))))
    assert [task.limits.max_requests for task in fake.tasks] == [3, 2]


def test_a_worker_that_lost_its_run_writes_nothing_into_the_journal(
    worker: Worker, cast: Cast, fake: Any
) -> None:
    execution = start(cast, flow(team("sleep 0.3")))
    until(lambda: fake.calls["sleep 0.3"] == 1)
    from executions.models import Worker as WorkerRow

    WorkerRow.objects.create(name="somebody", lease_until=timezone.now() + timedelta(minutes=1))
    Execution.objects.update(fence=99, owner="somebody")
    until(lambda: not worker.lives)
    assert Call.objects.get(execution=execution).status == "started"
    assert fake.calls["sleep 0.3"] == 1
