"""Stopping a run for good."""

import time
from typing import Any

import pytest
from django.db import transaction

from approvals.models import ApprovalRequest
from convergio.errors import InvalidInput, NotAllowed, NotFound
from executions import chain, operations, queries
from executions.operations import WrongStatus
from executions.worker import Worker
from tests.executions.flows import agent, approval, ended, log_of, start, step, until, waits
from tests.executions.flows import chain as flow
from tests.people import Cast


def test_a_working_step_stops_long_before_its_end(worker: Worker, cast: Cast, fake: Any) -> None:
    execution = start(cast, flow(agent("one", "sleep 30"), agent("two")))
    until(lambda: fake.running["sleep 30"])
    began = time.monotonic()
    operations.cancel(execution, by=cast.cleo.actor, reason="not needed")
    until(lambda: not fake.running["sleep 30"], 5.0, "the stop")
    execution = ended(execution, 10)
    assert time.monotonic() - began < 10
    assert execution.status == "cancelled"
    assert step(execution, "one").status == "cancelled"
    assert chain.verify(execution).is_whole


def test_the_reason_stands_in_the_log(worker: Worker, cast: Cast) -> None:
    execution = waits(start(cast, flow(approval(), agent("one"))))
    operations.cancel(execution, by=cast.cleo.actor)
    execution = ended(execution)
    assert queries.events_after(execution, 0)[-1].data["reason"] == "cancelled by Cleo"


def test_nobody_is_asked_any_more(worker: Worker, cast: Cast) -> None:
    execution = waits(start(cast, flow(approval(), agent("one"))))
    operations.cancel(execution, by=cast.cleo.actor)
    execution = ended(execution)
    assert ApprovalRequest.objects.get(origin=str(execution.id)).status == "cancelled"
    assert log_of(execution)[-1] == "run.cancelled"


def test_what_has_ended_cannot_be_cancelled(worker: Worker, cast: Cast) -> None:
    execution = ended(start(cast, flow(agent("one"))))
    with pytest.raises(WrongStatus, match="this one is completed"):
        operations.cancel(execution, by=cast.cleo.actor)


def test_only_those_who_may_run_may_cancel(worker: Worker, cast: Cast) -> None:
    execution = waits(start(cast, flow(approval(), agent("one"))))
    with pytest.raises(NotAllowed):
        operations.cancel(execution, by=cast.eve.actor)
    with pytest.raises(NotFound):
        operations.cancel(execution, by=cast.finn.actor)
    with pytest.raises(InvalidInput):
        operations.cancel(execution, by=cast.cleo.actor, reason="x" * 2000)


def test_two_cancellations_are_one(worker: Worker, cast: Cast) -> None:
    execution = waits(start(cast, flow(approval(), agent("one"))))
    with transaction.atomic():
        operations.cancel(execution, by=cast.cleo.actor)
        operations.cancel(execution, by=cast.ada.actor)
    execution = ended(execution)
    until(lambda: not execution.inbox.exists(), what="an empty inbox")
    assert log_of(execution).count("run.cancelled") == 1
