"""Documents come back in the order in which they were written, also after the run lay still."""

from typing import Any

from approvals.models import ApprovalRequest
from executions import chain, inbox, queries
from executions.models import Execution
from executions.worker import Worker
from tests.executions.flows import agent, approval, ended, start, step, tool, waits
from tests.executions.flows import chain as flow
from tests.people import Cast

WRITTEN = {"zeta": 1, "a_long_name": {"second": 1, "b": 2, "aa": 3}, "b": [{"y": 1, "x": 2}], "aa": None}
"""In no order that a database would choose: neither by letters nor by length."""

FIELDS = {
    "title": {"type": "string"},
    "amount_in_euros": {"type": "number"},
    "by": {"type": "string"},
    "a": {"type": "string"},
}
FORM = {"type": "object", "properties": FIELDS}


def in_order(value: Any) -> str:
    return repr(value)


def lying_still(cast: Cast) -> Execution:
    """A run that has made its document, asked with it, and was let go."""
    gate = approval(data="${steps.make.output}", form=FORM)
    steps = [
        tool("make", arguments=WRITTEN, set_context={"kept": "${steps.make.output}"}),
        gate,
        agent("end"),
    ]
    outputs = {"zuletzt": "${steps.make.output}", "a": "${context.kept}", "form": "${steps.gate.output.form}"}
    return waits(start(cast, flow(*steps, outputs=outputs)))


def test_outputs_keep_their_order_over_a_rest(worker: Worker, cast: Cast) -> None:
    execution = lying_still(cast)
    filled = {"title": "t", "amount_in_euros": 1, "by": "Dan", "a": "b"}
    inbox.post(execution.id, "decided", {"path": "gate", "round": 0, "status": "approved", "form": filled})
    execution = ended(execution)
    assert execution.status == "completed", execution.error
    wanted = {"zuletzt": WRITTEN, "a": WRITTEN, "form": filled}
    assert in_order(execution.outputs) == in_order(wanted)
    assert in_order(step(execution, "make").output) == in_order(WRITTEN)
    assert in_order(step(execution, "gate").output["form"]) == in_order(filled)
    assert chain.verify(execution).is_whole


def test_people_are_shown_what_they_decide_in_its_order(worker: Worker, cast: Cast) -> None:
    execution = lying_still(cast)
    request = ApprovalRequest.objects.get(origin=str(execution.id))
    assert in_order(request.data) == in_order(WRITTEN)
    assert in_order(request.form["properties"]) == in_order(FIELDS)
    assert in_order(step(execution, "gate").input["data"]) == in_order(WRITTEN)


def test_the_log_keeps_the_order(worker: Worker, cast: Cast) -> None:
    events = queries.events_after(lying_still(cast), 0)
    [made] = [one for one in events if one.type == "step.succeeded" and one.path == "make"]
    assert in_order(made.data["output"]) == in_order(WRITTEN)
