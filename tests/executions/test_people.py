"""Whom a run asks, what they are shown, and where their answers lead."""

from datetime import timedelta
from typing import Any

import pytest

from approvals import operations as approvals
from approvals.models import ApprovalRequest, Priority
from approvals.queries import activities
from executions.models import Execution
from executions.worker import Worker
from tests.executions.flows import agent, approval, chain, ended, start, until, waits
from tests.people import Cast


def asked(execution: Execution) -> ApprovalRequest:
    rows = ApprovalRequest.objects.filter(origin=str(execution.pk), status="pending")
    until(rows.exists, what="the request")
    return rows.get()


def value(step_id: str, value: Any) -> dict[str, Any]:
    return {"id": step_id, "type": "transform", "config": {"value": value}}


def test_a_request_has_all_that_its_step_says(worker: Worker, cast: Cast) -> None:
    form = {"type": "object", "properties": {"amount": {"type": "number", "default": "${steps.sum.output}"}}}
    settings: dict[str, Any] = {
        "priority": "urgent",
        "due_s": 7200,
        "follow_up_s": 600,
        "remind_s": 3600,
        "escalate_s": 5400,
        "escalate_to": ["group:board", "${steps.who.output}"],
        "approvers": ["${steps.who.output}"],
        "form": form,
        "can_edit": True,
        "data": "${steps.draft.output}",
    }
    steps = value("sum", 7), value("who", ["dan@example.com"]), agent("draft"), approval(**settings)
    request = asked(waits(start(cast, chain(*steps))))
    assert (request.assignees, request.escalate_to) == (["user:dan@example.com"], ["group:board"])
    assert (request.priority, request.can_edit, request.data) == (Priority.URGENT, True, "draft: say draft")
    assert request.form["properties"]["amount"]["default"] == 7
    assert request.expires_at
    asked_at = request.expires_at - timedelta(days=1)
    hours = {"follow_up_at": 1 / 6, "remind_at": 1, "due_at": 2, "escalate_at": 1.5}
    assert {name: getattr(request, name) - asked_at for name in hours} == {
        name: timedelta(hours=number) for name, number in hours.items()
    }


def test_a_zero_is_under_review_like_any_other_value(worker: Worker, cast: Cast) -> None:
    request = asked(waits(start(cast, chain(value("sum", 0), approval(data="${steps.sum.output}")))))
    assert request.data == 0


@pytest.mark.parametrize("answer", ["now", "later"])
def test_an_answer_is_a_branch_and_what_was_edited_goes_on(worker: Worker, cast: Cast, answer: str) -> None:
    answers = [{"id": "now", "label": "Publish now"}, {"id": "later", "label": "Publish later"}]
    gate = approval(answers=answers, can_edit=True, data={"draft": "Helo"})
    definition = {
        "steps": [gate, agent("a", "now ${steps.gate.output.data.draft}"), agent("b", "later")],
        "edges": [
            {"source": "gate", "port": "now", "target": "a"},
            {"source": "gate", "port": "later", "target": "b"},
        ],
    }
    execution = waits(start(cast, definition))
    data = {"draft": "Hello"} if answer == "now" else None
    approvals.decide(asked(execution), answer, by=cast.dan.actor, data=data)
    done = {"now": ("a", "a: now Hello"), "later": ("b", "b: later")}[answer]
    steps = ended(execution).step_runs.filter(status="succeeded").exclude(path="gate")
    assert [(step.path, step.output) for step in steps] == [done]
    gate_output = execution.step_runs.get(path="gate").output
    assert (gate_output["answer"], gate_output["data"]["draft"]) == (answer, "Hello" if data else "Helo")


def test_a_run_never_waits_for_nobody(worker: Worker, cast: Cast) -> None:
    steps = value("who", "gone@example.com"), approval(approvers=["${steps.who.output}"])
    request = asked(waits(start(cast, chain(*steps))))
    assert request.assignees == ["role:admin"]
    assert "gone@example.com, but that is nobody here" in activities(request).get(verb="opened").text


def test_a_step_that_computes_nobodys_name_fails_and_says_so(worker: Worker, cast: Cast) -> None:
    steps = value("who", "Dan"), approval(approvers=["${steps.who.output}"])
    execution = ended(start(cast, chain(*steps)))
    assert execution.status == "failed"
    assert "gives “Dan”, which names nobody" in execution.error["message"]
