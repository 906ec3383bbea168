"""The main path through real processes: web side here, a Celery worker there, models over HTTP."""

import pytest

from approvals import operations as approvals
from approvals.models import ApprovalRequest
from executions import chain
from executions.models import Call
from tests.executions.flows import agent, approval, ended, start, waits
from tests.executions.flows import chain as flow
from tests.people import Cast
from tests.stack.model_server import ModelServer
from tests.stack.rig import Rig

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


def test_a_run_of_two_agents_with_an_approval_between(stack: Rig, cast: Cast, models: ModelServer) -> None:
    stack.worker()
    models.say("A first draft.")
    models.say("Published.")
    document = flow(agent("draft", "Write."), approval(), agent("publish", "Publish ${steps.draft.output}"))

    execution = waits(start(cast, document), seconds=40)
    request = ApprovalRequest.objects.get(origin=str(execution.id))
    approvals.decide(request, "approve", by=cast.dan.actor)

    execution = ended(execution)
    assert execution.outputs == {"publish": "Published."}, (execution.error, stack.logs())
    assert execution.requests == 2
    assert Call.objects.filter(execution=execution, status="finished").count() == 2
    assert "A first draft." in models.requests[1]["messages"][-1]["content"]
    assert chain.verify(execution).is_whole
