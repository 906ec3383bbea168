"""What follows when a run or a step takes longer than it should."""

from typing import Any

import pytest

from approvals.models import ApprovalRequest
from convergio.notifications.models import Notification
from executions import lateness
from executions.lateness import see_to_late
from executions.models import Event, Execution
from executions.sweep import sweep_once
from executions.worker import Worker
from tests.executions.flows import agent, approval, chain, ended, log_of, published, start, until, waits
from tests.people import Cast

LATE = {"sla": {"target_s": 0.2, "escalate_to": ["user:ben@example.com"], "start_workflow": "rescue"}}


def rescue(cast: Cast) -> None:
    fields = [{"name": name, "type": "string"} for name in ("run", "step")]
    published(cast, chain(agent("help", "${inputs.run} ${inputs.step}"), inputs=fields), slug="rescue")


def swept_until_late(execution: Execution) -> None:
    def is_late() -> bool:
        sweep_once()
        return "sla.breached" in log_of(execution)

    until(is_late, what="a breach in the log")


def test_a_late_step_is_told_escalated_and_starts_a_workflow_once(worker: Worker, cast: Cast) -> None:
    rescue(cast)
    execution = waits(start(cast, chain({**approval(approvers=["user:dan@example.com"]), **LATE})))
    until(lambda: not worker.lives, what="a worker that holds nothing")
    swept_until_late(execution)
    sweep_once()
    assert see_to_late() == 0
    news = Notification.objects.filter(kind="late")
    assert list(news.values_list("user__name", flat=True)) == ["Cleo"]
    assert "Others are asked as well" in news.get().body
    request = ApprovalRequest.objects.get()
    assert request.assignees == ["user:dan@example.com", "user:ben@example.com"]
    assert Notification.objects.filter(kind="escalation", user=cast.ben.user).count() == 1
    [started] = Execution.objects.filter(workflow__slug="rescue")
    assert started.trigger == "sla"
    assert ended(started).inputs == {"run": "Flow #1", "step": "gate"}


def test_a_late_run_asks_others_wherever_it_waits(worker: Worker, cast: Cast) -> None:
    execution = waits(start(cast, chain(approval(approvers=["user:dan@example.com"]), **LATE)))
    swept_until_late(execution)
    sweep_once()
    [event] = Event.objects.filter(execution_id=execution.pk, type="sla.breached")
    assert event.path == ""
    assert "user:ben@example.com" in ApprovalRequest.objects.get().assignees
    assert "no such workflow" in Notification.objects.get(kind="late").body, "what could not be done is told"
    assert waits(execution).status == "waiting"


def test_a_breach_that_cannot_be_seen_to_is_logged_once_and_holds_nobody_up(
    worker: Worker, cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> bool:
        raise RuntimeError("no")

    monkeypatch.setattr(lateness, "_see_to", broken)
    swept_until_late(waits(start(cast, chain(approval(approvers=["user:dan@example.com"]), **LATE))))
    for _ in range(3):
        sweep_once()
    assert caplog.text.count("nobody could be told of the breach") == 1
