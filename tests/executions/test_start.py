"""Starting runs, and the plain way to their end."""

import time
from typing import Any

import pytest

from approvals import operations as approvals
from approvals.models import ApprovalRequest
from convergio.audit.models import AuditEntry
from convergio.errors import InvalidInput, NotAllowed, NotFound
from executions import chain, operations
from executions.models import Execution
from executions.operations import KeyUsedOtherwise, NotRunnable
from executions.worker import Worker
from tests.executions.flows import agent, approval, ended, log_of, published, start, step, waits
from tests.executions.flows import chain as flow
from tests.people import Cast
from workflows.models import WorkflowVersion


def test_agents_work_around_an_approval(worker: Worker, cast: Cast, fake: Any) -> None:
    document = flow(agent("draft"), approval(), agent("publish", "say ${steps.draft.output}"))
    execution = waits(start(cast, document))
    request = ApprovalRequest.objects.get(origin=str(execution.id))
    assert request.title == "Approve gate?"

    approvals.decide(request, "approve", by=cast.dan.actor, comment="Fine.")

    execution = ended(execution)
    assert execution.status == "completed"
    assert execution.outputs == {"publish": "publish: say draft: say draft"}
    assert step(execution, "gate").output["decided_by"] == ["dan@example.com"]
    assert (execution.requests, execution.prompt_tokens, float(execution.cost)) == (2, 20, 0.02)
    assert chain.verify(execution).is_whole
    assert log_of(execution)[0] == "run.started"
    assert log_of(execution)[-1] == "run.completed"


def test_runs_of_a_workflow_are_numbered(worker: Worker, cast: Cast) -> None:
    workflow = published(cast, flow(agent("one")))
    numbers = [operations.start(workflow, {}, by=cast.cleo.actor).number for _ in range(3)]
    assert numbers == [1, 2, 3]


def test_the_same_key_with_the_same_request_gives_the_same_run(worker: Worker, cast: Cast) -> None:
    workflow = published(cast, flow(agent("one")))
    first = operations.start(workflow, {}, by=cast.cleo.actor, idempotency_key="k")
    again = operations.start(workflow, {}, by=cast.ada.actor, idempotency_key="k")
    assert first.id == again.id
    ended(first)
    assert Execution.objects.count() == 1


def test_the_same_key_with_another_request_is_refused(worker: Worker, cast: Cast) -> None:
    workflow = published(cast, flow(agent("one"), inputs=[{"name": "topic"}]))
    operations.start(workflow, {"topic": "a"}, by=cast.cleo.actor, idempotency_key="k")
    with pytest.raises(KeyUsedOtherwise):
        operations.start(workflow, {"topic": "b"}, by=cast.cleo.actor, idempotency_key="k")


def test_an_empty_or_endless_key_is_refused(cast: Cast) -> None:
    workflow = published(cast, flow(agent("one")))
    for key in ("", "x" * 500, "a\x00b"):
        with pytest.raises(InvalidInput):
            operations.start(workflow, {}, by=cast.cleo.actor, idempotency_key=key)


def test_what_was_never_published_cannot_run(cast: Cast) -> None:
    workflow = published(cast, flow(agent("one")))
    workflow.published = None
    with pytest.raises(NotRunnable, match="never published"):
        operations.start(workflow, {}, by=cast.cleo.actor)


def test_what_is_archived_or_switched_off_cannot_run(cast: Cast) -> None:
    workflow = published(cast, flow(agent("one")))
    workflow.is_active = False
    with pytest.raises(NotRunnable, match="switched off"):
        operations.start(workflow, {}, by=cast.cleo.actor)
    workflow.archived_at = workflow.created_at
    with pytest.raises(NotRunnable, match="archived"):
        operations.start(workflow, {}, by=cast.cleo.actor)


def test_a_version_that_is_not_there_is_not_found(cast: Cast) -> None:
    with pytest.raises(NotFound, match="no version 7"):
        operations.start(published(cast, flow(agent("one"))), {}, by=cast.cleo.actor, version=7)


def test_an_older_version_can_be_named(worker: Worker, cast: Cast) -> None:
    workflow = published(cast, flow(agent("old")))
    newer = flow(agent("new"))
    workflow.published = WorkflowVersion.objects.create(
        workflow=workflow, number=2, definition=newer, digest="-"
    )
    workflow.save()
    execution = ended(operations.start(workflow, {}, by=cast.cleo.actor, version=1))
    assert list(execution.outputs) == ["old"]


def test_inputs_are_checked_and_defaults_filled_in(worker: Worker, cast: Cast) -> None:
    fields = [{"name": "market", "required": True}, {"name": "depth", "type": "integer", "default": 3}]
    document = flow(agent("one", "say ${inputs.market} ${inputs.depth}"), inputs=fields)
    workflow = published(cast, document)
    with pytest.raises(InvalidInput) as refused:
        operations.start(workflow, {}, by=cast.cleo.actor)
    assert refused.value.details[0]["field"] == "market"
    execution = ended(operations.start(workflow, {"market": "tea"}, by=cast.cleo.actor))
    assert execution.outputs == {"one": "one: say tea 3"}


def test_who_may_not_run_is_refused(cast: Cast) -> None:
    workflow = published(cast, flow(agent("one")))
    for person in (cast.eve, cast.dan):
        with pytest.raises(NotAllowed):
            operations.start(workflow, {}, by=person.actor)
    with pytest.raises(NotAllowed):
        operations.start(workflow, {}, by=cast.cleo.with_scopes("read"))
    with pytest.raises(NotFound):
        operations.start(workflow, {}, by=cast.finn.actor)


def test_a_start_is_audited(worker: Worker, cast: Cast) -> None:
    start(cast, flow(agent("one")))
    entry = AuditEntry.objects.get(action="execution.start")
    assert (entry.actor, entry.via) == (cast.cleo.user, "page")


def test_what_postgresql_cannot_hold_is_cleaned(worker: Worker, cast: Cast) -> None:
    execution = ended(start(cast, flow(agent("one", "nul"))))
    assert execution.outputs == {"one": "a\ufffdb\ufffdc"}
    assert chain.verify(execution).is_whole


def test_a_failing_step_fails_the_run_with_its_reason(worker: Worker, cast: Cast) -> None:
    execution = ended(start(cast, flow(agent("one"), agent("two", "fail badly"), agent("three"))))
    assert execution.status == "failed"
    assert execution.error == {"code": "broken", "message": "It broke: badly.", "step": "two"}
    assert step(execution, "two").status == "failed"


def test_an_unforeseen_error_is_a_sentence(worker: Worker, cast: Cast) -> None:
    execution = ended(start(cast, flow(agent("one", "crash"))))
    assert "unforeseen error (RuntimeError)" in execution.error["message"]
    assert "not foreseen" not in str(execution.error)


def test_a_shaky_step_is_tried_again(worker: Worker, cast: Cast, fake: Any) -> None:
    retry = {"attempts": 3, "backoff_s": 0.01}
    execution = ended(start(cast, flow(agent("one", "flaky 3", retry=retry))))
    assert execution.status == "completed"
    assert step(execution, "one").attempt == 3
    assert log_of(execution).count("step.retrying") == 2


def test_steps_work_at_the_same_time_and_join(worker: Worker, cast: Cast, fake: Any) -> None:
    branches = [agent(f"b{number}", f"sleep 1 {number}") for number in range(6)]
    steps = [*branches, agent("join")]
    edges = [{"source": one["id"], "target": "join"} for one in branches]
    began = time.monotonic()
    execution = ended(start(cast, {"format": 1, "steps": steps, "edges": edges}))
    assert execution.status == "completed"
    assert time.monotonic() - began < 5
    assert execution.requests == 7


def test_a_loop_of_many_items_ends(worker: Worker, cast: Cast) -> None:
    loop = {
        "id": "each",
        "type": "loop",
        "config": {
            "items": list(range(40)),
            "max_iterations": 100,
            "concurrency": 10,
            "result": "${steps.one.output.number}",
        },
    }
    document = {"format": 1, "steps": [loop, agent("one", "count ${item}", parent="each")], "edges": []}
    execution = ended(start(cast, document), seconds=30)
    assert execution.outputs == {"each": list(range(40))}, execution.error
    assert chain.verify(execution).is_whole
    assert step(execution, "each[39].one").status == "succeeded"
