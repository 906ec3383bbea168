"""Starting runs, and the plain way to their end."""

from typing import Any

from approvals import operations as approvals
from approvals.models import ApprovalRequest
from executions import chain
from executions.worker import Worker
from tests.executions.flows import agent, approval, ended, log_of, start, step, waits
from tests.executions.flows import chain as flow
from tests.people import Cast


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
