"""Runs that wait for time, for events and for forms."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from approvals import operations as approvals
from approvals.models import ApprovalRequest
from convergio.errors import InvalidInput, NotAllowed
from executions import operations
from executions.models import Execution
from executions.sweep import sweep_once
from executions.worker import Worker
from tests.executions.flows import agent, approval, ended, start, step, until, waits
from tests.executions.flows import chain as flow
from tests.people import Cast


def wait(step_id: str = "pause", **config: Any) -> dict[str, Any]:
    return {"id": step_id, "type": "wait", "config": config}


def test_a_short_wait_ends_by_itself(worker: Worker, cast: Cast) -> None:
    began = time.monotonic()
    execution = ended(start(cast, flow(wait(seconds=0.3), agent("one"))))
    assert execution.status == "completed"
    assert time.monotonic() - began >= 0.3


def test_a_long_wait_is_let_go_and_found_by_the_sweep(worker: Worker, cast: Cast) -> None:
    execution = waits(start(cast, flow(wait(seconds=3600), agent("one"))))
    assert execution.next_due_at > timezone.now() + timedelta(minutes=50)
    until(lambda: not worker.lives, what="a worker that holds nothing")

    past = timezone.now() - timedelta(seconds=1)
    make_due(execution, past.isoformat())
    assert sweep_once() == 1
    assert ended(execution).status == "completed"


def make_due(execution: Execution, moment: str) -> None:
    """As if the hours had passed."""
    run = step(execution, "pause")
    run.state["timers"] = dict.fromkeys(run.state["timers"], moment)
    run.due_at = moment
    run.save()
    Execution.objects.filter(pk=execution.pk).update(next_due_at=moment)


def test_an_event_reaches_every_run_that_waits_for_it(worker: Worker, cast: Cast) -> None:
    document = flow(wait(event="order.paid"), agent("one", "say ${steps.pause.output.amount}"))
    first, second = waits(start(cast, document)), waits(start(cast, document, slug="second"))
    other = waits(start(cast, flow(wait(event="order.lost"), agent("one")), slug="third"))
    assert operations.emit_event("order.paid", {"amount": 7}, by=cast.cleo.actor) == 2
    assert ended(first).outputs == {"one": "one: say 7"}
    assert ended(second).status == "completed"
    assert waits(other).status == "waiting"


def test_events_stay_in_their_workspace(worker: Worker, cast: Cast) -> None:
    execution = waits(start(cast, flow(wait(event="order.paid"), agent("one"))))
    assert operations.emit_event("order.paid", None, by=cast.finn.actor) == 0
    assert waits(execution).status == "waiting"
    with pytest.raises(NotAllowed):
        operations.emit_event("order.paid", None, by=cast.eve.actor)
    with pytest.raises(InvalidInput):
        operations.emit_event("a\x00", None, by=cast.cleo.actor)


def test_a_form_gives_its_values(worker: Worker, cast: Cast) -> None:
    form = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    ask = {"id": "ask", "type": "input", "config": {"title": "Where?", "form": form}}
    execution = waits(start(cast, flow(ask, agent("one", "say ${steps.ask.output.city}"))))
    request = ApprovalRequest.objects.get(origin=str(execution.id))
    assert request.kind == "input"
    approvals.submit(request, {"city": "Oslo"}, by=cast.cleo.actor)
    assert ended(execution).outputs == {"one": "one: say Oslo"}


def test_an_approval_nobody_decides_times_out(worker: Worker, cast: Cast) -> None:
    execution = waits(start(cast, flow(approval(expires_s=3600), agent("one"))))
    past = timezone.now() - timedelta(seconds=1)
    ApprovalRequest.objects.update(expires_at=past)
    sweep_once()
    execution = ended(execution)
    assert execution.error["code"] == "approval_expired"


def test_a_step_that_takes_too_long_fails_with_timeout(worker: Worker, cast: Cast, fake: Any) -> None:
    execution = ended(start(cast, flow(agent("one", "sleep 30", timeout_s=0.3))))
    assert execution.error["code"] == "timeout"
    until(lambda: not fake.running["sleep 30"], 1, "the stop of the step")


def test_a_run_that_takes_too_long_times_out(worker: Worker, cast: Cast) -> None:
    document = flow(agent("one", "sleep 30"), guardrails={"max_wall_s": 0.3})
    assert ended(start(cast, document)).status == "timed_out"
