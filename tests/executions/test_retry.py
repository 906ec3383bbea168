"""Reviving a run that did not complete."""

from typing import Any

import pytest

from approvals import operations as approvals
from approvals.models import ApprovalRequest
from executions import chain, operations
from executions.models import Call
from executions.operations import WrongStatus
from executions.worker import Worker
from tests.executions import fake_runtime
from tests.executions.flows import agent, approval, ended, start, step, until, waits
from tests.executions.flows import chain as flow
from tests.people import Cast


def test_only_what_failed_is_done_again(worker: Worker, cast: Cast, fake: Any) -> None:
    execution = ended(start(cast, flow(agent("one"), agent("two", "flaky 2"))))
    assert execution.status == "failed"

    operations.retry(execution, by=cast.cleo.actor)
    until(lambda: fake.calls["flaky 2"] == 2)

    execution = ended(execution)
    assert execution.status == "completed", execution.error
    assert execution.error is None
    assert fake.calls["say one"] == 1
    assert chain.verify(execution).is_whole


def test_a_cancelled_run_can_go_on(worker: Worker, cast: Cast, fake: Any) -> None:
    execution = start(cast, flow(agent("one"), agent("two", "sleep 0.5"), agent("three")))
    until(lambda: fake.running["sleep 0.5"])
    operations.cancel(execution, by=cast.cleo.actor)
    execution = ended(execution)
    operations.retry(execution, by=cast.cleo.actor)
    until(lambda: fake.calls["say three"])
    execution = ended(execution)
    assert execution.status == "completed"
    assert fake.calls["say one"] == 1


def test_people_are_asked_anew(worker: Worker, cast: Cast) -> None:
    execution = waits(start(cast, flow(approval(), agent("one"))))
    first = ApprovalRequest.objects.get(origin=str(execution.id))
    approvals.decide(first, "reject", by=cast.dan.actor)
    execution = ended(execution)
    assert execution.error["code"] == "rejected"

    operations.retry(execution, by=cast.cleo.actor)
    execution = waits(execution)

    second = ApprovalRequest.objects.exclude(pk=first.pk).get(origin=str(execution.id))
    assert (second.status, second.round) == ("pending", 1)
    approvals.decide(second, "approve", by=cast.dan.actor)
    assert ended(execution).status == "completed"


def test_what_completed_or_still_runs_is_not_retried(worker: Worker, cast: Cast) -> None:
    execution = waits(start(cast, flow(approval(), agent("one"))))
    with pytest.raises(WrongStatus, match="this one is waiting"):
        operations.retry(execution, by=cast.cleo.actor)


def test_cost_of_a_retried_step_counts_once(worker: Worker, cast: Cast, fake: Any) -> None:
    """The second attempt finds the answer of the first in the journal."""
    document = flow(tool_then_fail())
    execution = ended(start(cast, document))
    assert float(execution.cost) == fake_runtime.COST
    operations.retry(execution, by=cast.cleo.actor)
    until(lambda: len(fake.tasks) == 2)
    execution = ended(execution)
    assert float(execution.cost) == fake_runtime.COST
    assert Call.objects.filter(execution=execution).count() == 1


def tool_then_fail() -> dict[str, Any]:
    """A step whose model answers, but whose output is refused."""
    schema = {"type": "object", "required": ["title"]}
    return agent("one", "count 3", output_schema=schema)


def test_a_revision_goes_back_with_the_feedback(worker: Worker, cast: Cast, fake: Any) -> None:
    document = flow(agent("draft"), approval(revise="draft"), agent("publish"))
    execution = waits(start(cast, document))
    first = ApprovalRequest.objects.get(origin=str(execution.id))
    approvals.decide(first, "request_changes", by=cast.dan.actor, comment="Shorter.")
    second = until(lambda: ApprovalRequest.objects.filter(origin=str(execution.id), round=1).first())
    execution = waits(execution)
    approvals.decide(second, "approve", by=cast.dan.actor)
    execution = ended(execution)
    assert execution.status == "completed"
    assert second.parent == first
    feedbacks = [task.feedback for task in fake.tasks if task.prompt == "say draft"]
    assert feedbacks[0] is None
    assert feedbacks[1]["comment"] == "Shorter."
    assert step(execution, "draft").round == 1
    assert execution.step_runs.filter(path="draft").count() == 2
