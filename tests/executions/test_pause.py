"""Holding a run, and going on."""

from typing import Any

import pytest

from executions import operations
from executions.operations import WrongStatus
from executions.worker import Worker
from tests.executions.flows import agent, ended, start, until, waits
from tests.executions.flows import chain as flow
from tests.people import Cast


def test_a_paused_run_starts_nothing_until_it_is_resumed(worker: Worker, cast: Cast, fake: Any) -> None:
    execution = start(cast, flow(agent("one", "sleep 0.4"), agent("two")))
    until(lambda: fake.running["sleep 0.4"])
    operations.pause(execution, by=cast.cleo.actor)
    execution = waits(execution)
    assert execution.status == "paused"
    assert fake.calls == {"sleep 0.4": 1}, "what worked may end, nothing new begins"

    operations.resume(execution, by=cast.cleo.actor)

    execution = ended(execution)
    assert execution.status == "completed"
    assert fake.calls["say two"] == 1


def test_only_a_paused_run_can_be_resumed(worker: Worker, cast: Cast) -> None:
    execution = ended(start(cast, flow(agent("one"))))
    with pytest.raises(WrongStatus, match="Only a paused run"):
        operations.resume(execution, by=cast.cleo.actor)
    with pytest.raises(WrongStatus, match="can be paused"):
        operations.pause(execution, by=cast.cleo.actor)
