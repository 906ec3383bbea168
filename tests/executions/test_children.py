"""Workflows that run other workflows."""

from typing import Any

from executions import chain, operations
from executions.models import Execution
from executions.worker import Worker
from tests.executions.flows import agent, approval, ended, published, start, step, tool, until, waits
from tests.executions.flows import chain as flow
from tests.people import Cast


def call(step_id: str = "sub", workflow: str = "child", inputs: Any = None, **more: Any) -> dict[str, Any]:
    config = {"workflow": workflow, "inputs": inputs or {}}
    return {"id": step_id, "type": "workflow", "config": config, **more}


def test_a_sub_workflow_gives_its_outputs(worker: Worker, cast: Cast) -> None:
    published(cast, flow(agent("one", "say ${inputs.topic}"), inputs=[{"name": "topic"}]), "child")
    execution = start(cast, flow(call(inputs={"topic": "tea"}), agent("two", "say ${steps.sub.output.one}")))
    execution = ended(execution)
    assert execution.outputs == {"two": "two: say one: say tea"}, execution.error
    child = Execution.objects.get(parent=execution)
    assert (child.parent_path, child.depth, child.trigger) == ("sub", 1, "workflow")
    assert child.started_by == cast.cleo.user
    assert float(execution.cost) == 0.02, "what a child costs is cost of its parent"
    assert chain.verify(child).is_whole


def test_a_waiting_parent_lies_still(worker: Worker, cast: Cast) -> None:
    published(cast, flow(approval(), agent("one")), "child")
    execution = waits(start(cast, flow(call(), agent("two"))))
    assert execution.owner == ""
    child = waits(Execution.objects.get(parent=execution))
    operations.cancel(child, by=cast.cleo.actor)
    execution = ended(execution)
    assert execution.error["code"] == "child_cancelled"


def test_a_failed_child_fails_its_step(worker: Worker, cast: Cast) -> None:
    published(cast, flow(agent("one", "fail inside")), "child")
    execution = ended(start(cast, flow(call(), agent("two"))))
    assert execution.error["message"] == "It broke: inside."
    assert step(execution, "sub").status == "failed"


def test_a_child_that_cannot_start_is_a_failed_step(worker: Worker, cast: Cast) -> None:
    execution = ended(start(cast, flow(call(workflow="missing"), agent("two"))))
    assert execution.error["code"] == "not_found"
    assert "missing" in execution.error["message"]


def test_wrong_inputs_of_a_child_are_a_failed_step(worker: Worker, cast: Cast) -> None:
    published(cast, flow(agent("one"), inputs=[{"name": "topic", "required": True}]), "child")
    execution = ended(start(cast, flow(call(), agent("two"))))
    assert execution.error["code"] == "invalid_inputs"


def test_cancelling_a_parent_cancels_its_children(worker: Worker, cast: Cast, fake: Any) -> None:
    published(cast, flow(agent("one", "sleep 30")), "child")
    execution = start(cast, flow(call(), agent("two")))
    until(lambda: fake.running["sleep 30"])
    operations.cancel(execution, by=cast.cleo.actor)
    assert ended(execution).status == "cancelled"
    assert ended(Execution.objects.get(parent=execution)).status == "cancelled"


def test_a_workflow_that_calls_itself_comes_to_an_end(worker: Worker, cast: Cast) -> None:
    execution = ended(start(cast, flow(call(workflow="flow"))), 30)
    assert execution.status == "failed"
    assert execution.error["code"] == "too_deep"
    assert Execution.objects.count() == operations.MOST_DEPTH + 1


def test_a_retried_parent_starts_a_new_child(worker: Worker, cast: Cast) -> None:
    published(cast, flow(agent("one", "flaky 2")), "child")
    execution = ended(start(cast, flow(call())))
    assert execution.status == "failed"
    operations.retry(execution, by=cast.cleo.actor)
    until(lambda: Execution.objects.filter(parent=execution).count() == 2)
    execution = ended(execution)
    assert execution.status == "completed", execution.error


def test_a_tool_can_start_a_run_that_nobody_waits_for(worker: Worker, cast: Cast) -> None:
    published(cast, flow(agent("one")), "child")
    execution = ended(start(cast, flow(tool("go", "start", {"workflow": "child", "inputs": {}}))))
    loose = Execution.objects.get(pk=execution.outputs["go"]["execution"])
    assert ended(loose).status == "completed"
    assert loose.trigger == "tool"
