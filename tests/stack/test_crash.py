"""Processes die; runs do not."""

import time
from collections import Counter

import pytest

from executions import chain
from executions.models import Call, Execution
from tests.executions.flows import agent, ended, log_of, start, step
from tests.executions.flows import chain as flow
from tests.people import Cast
from tests.stack.model_server import ModelServer, Say
from tests.stack.rig import Rig

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

SLOW = 6.0


def _prompts(models: ModelServer) -> Counter[str]:
    return Counter(str(request["messages"][-1]["content"]) for request in models.requests)


def test_a_run_survives_its_worker_killed_in_mid_step(stack: Rig, cast: Cast, models: ModelServer) -> None:
    delays = iter([0.0, SLOW])

    def answer(request: dict) -> Say:
        return Say(f"done: {request['messages'][-1]['content']}", delay_s=next(delays, 0.0))

    models.answer_with(answer)
    stack.beat()
    first = stack.worker()
    document = flow(agent("one", "First."), agent("two", "Second."), agent("three", "Third."))
    execution = start(cast, document)
    stack.until(lambda: len(models.requests) == 2, 40, "the second step's model call")

    stack.kill(first)
    killed = time.monotonic()
    stack.worker()
    execution = ended(execution, seconds=40)

    assert execution.outputs == {"three": "done: Third."}, (execution.error, stack.logs())
    assert time.monotonic() - killed < 90
    assert _prompts(models) == {"First.": 1, "Second.": 2, "Third.": 1}, "only the call cut off is made again"
    assert Call.objects.filter(execution=execution).count() == 3
    assert execution.requests == 3
    assert step(execution, "two").attempt == 1, "a lost worker is not the step's failure"
    assert chain.verify(execution).is_whole
    assert log_of(execution).count("step.succeeded") == 3


def test_a_frozen_worker_writes_nothing_after_its_runs_were_taken(
    stack: Rig, cast: Cast, models: ModelServer
) -> None:
    models.answer_with(lambda request: Say("done", delay_s=2.0 if len(models.requests) == 1 else 0.0))
    stack.beat()
    first = stack.worker()
    execution = start(cast, flow(agent("one", "First."), agent("two", "Second.")))
    stack.until(lambda: len(models.requests) == 1, 40, "the first model call")

    stack.freeze(first)
    stack.worker()
    execution = ended(execution, seconds=40)
    before = log_of(execution)
    stack.thaw(first)
    time.sleep(3)

    execution.refresh_from_db()
    assert execution.status == "completed"
    assert log_of(execution) == before
    assert chain.verify(execution).is_whole


def test_a_stopped_worker_hands_its_runs_over_at_once(stack: Rig, cast: Cast, models: ModelServer) -> None:
    models.answer_with(lambda request: Say("done", delay_s=20.0 if len(models.requests) == 1 else 0.0))
    stack.settings["RUN_LEASE_S"] = "60"
    first = stack.worker()
    execution = start(cast, flow(agent("one", "First.")))
    stack.until(lambda: len(models.requests) == 1, 40, "the model call")
    second = stack.worker()

    first.terminate()
    execution = ended(execution, seconds=15)  # the lease lasts 60 s, the call 20 s

    assert execution.status == "completed", stack.logs()
    assert second.poll() is None
    assert Execution.objects.get().claims_without_progress == 0
