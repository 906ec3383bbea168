"""Changes are requested, and the loop closes: from the comment to the agent, and on to the next round."""

from typing import Any

from agents.runtime.contract import AgentTask
from agents.runtime.prompts import task_message
from approvals import operations as approvals
from approvals.models import ApprovalRequest
from executions.models import Execution
from executions.worker import Worker
from tests.executions.flows import agent, approval, chain, ended, start, step, until, waits
from tests.people import Cast


def gated(cast: Cast, **config: Any) -> Execution:
    """draft > gate > publish."""
    gate = approval(revise="draft", data={"note": "${steps.draft.output}"}, **config)
    return waits(start(cast, chain(agent("draft", "say it"), gate, agent("publish", "publish it"))))


def asked(execution: Execution, round: int) -> ApprovalRequest:
    """The request of a round, once it is there."""
    rows = ApprovalRequest.objects.filter(origin=str(execution.id), round=round)
    found: ApprovalRequest = until(rows.first, what=f"round {round}")
    return found


def test_the_agent_gets_the_feedback_with_its_earlier_draft_and_the_next_round_shows_what_changed(
    cast: Cast, worker: Worker, fake: Any
) -> None:
    execution = gated(cast)
    first = asked(execution, 0)
    approvals.decide(first, "request_changes", by=cast.dan.actor, comment="Name the sources")
    second = asked(execution, 1)

    task = fake.tasks[-1]
    assert isinstance(task, AgentTask)
    assert task.feedback is not None
    told = task_message(task.prompt, feedback=task.feedback)
    assert first.data["note"] in told
    assert "The comment of dan@example.com: Name the sources" in told

    assert second.parent == first
    assert second.data != first.data
    waits(execution)
    approvals.decide(second, "approve", by=cast.dan.actor)
    seen = second.decisions.get().packet
    assert (seen["round"], seen["most_rounds"]) == (2, 6)
    assert [one["comment"] for one in seen["feedback"]] == ["Name the sources"]
    [part] = seen["changes"]["parts"]
    assert [text for sign, text in part["runs"] if sign == "ins"] == ["(Name the sources)"]
    assert ended(execution).status == "completed"
    assert step(execution, "publish").status == "succeeded"


def test_rounds_are_limited_and_the_approver_is_told_before(cast: Cast, worker: Worker) -> None:
    execution = gated(cast, max_revisions=1)
    approvals.decide(asked(execution, 0), "request_changes", by=cast.dan.actor, comment="Again")
    last = asked(execution, 1)
    waits(execution)
    approvals.decide(last, "request_changes", by=cast.dan.actor, comment="And again")
    ways = {one["id"]: one for one in last.decisions.get().packet["answers"]}
    assert ways["request_changes"]["result"] == "fails"
    assert ways["request_changes"]["note"] == "No further round is left: this counts as a rejection."
    assert ended(execution).status == "failed"
    assert execution.error is not None
    assert execution.error["code"] == "revision_limit"
    assert not ApprovalRequest.objects.filter(origin=str(execution.id), round=2).exists()
