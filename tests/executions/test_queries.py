"""Reads."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from approvals import operations as approvals
from approvals.models import ApprovalRequest
from convergio.workspaces.actors import Actor
from executions import costs, operations, queries
from executions.models import Execution
from executions.worker import Worker
from tests.executions.flows import agent, approval, ended, published, start, until, waits
from tests.executions.flows import chain as flow
from tests.people import Cast


def loop(count: int) -> dict[str, Any]:
    each = {"id": "each", "type": "loop", "config": {"items": list(range(count)), "max_iterations": 100}}
    return {
        "format": 1,
        "steps": [agent("first"), each, agent("one", "count ${item}", parent="each")],
        "edges": [{"source": "first", "target": "each"}],
    }


def test_a_snapshot_is_a_tree(worker: Worker, cast: Cast) -> None:
    execution = ended(start(cast, loop(3)))
    tree = queries.snapshot(execution)
    assert [node.path for node in tree.nodes] == ["first", "each"]
    passes = tree.by_path["each"].inside
    assert [node.path for node in passes] == ["each[0]", "each[1]", "each[2]"]
    assert passes[1].inside[0].run.output == {"number": 1}
    assert tree.left_out == 0


def test_a_snapshot_of_a_long_loop_is_bounded(worker: Worker, cast: Cast) -> None:
    execution = ended(start(cast, loop(20)))
    tree = queries.snapshot(execution, most=10)
    assert len(tree.by_path) == 10
    assert tree.left_out == execution.step_runs.count() - 10
    assert "each[19]" in tree.by_path


def test_rounds_stand_behind_the_newest(worker: Worker, cast: Cast) -> None:
    execution = waits(start(cast, flow(agent("draft"), approval(revise="draft"), agent("publish"))))
    request = ApprovalRequest.objects.get(origin=str(execution.id))
    approvals.decide(request, "request_changes", by=cast.dan.actor, comment="Shorter.")
    until(lambda: ApprovalRequest.objects.count() == 2)
    node = queries.snapshot(execution).by_path["draft"]
    assert (node.run.round, [one.round for one in node.earlier]) == (1, [0])


def test_events_come_after_a_number(worker: Worker, cast: Cast) -> None:
    execution = ended(start(cast, flow(agent("one"))))
    assert [event.seq for event in queries.events_after(execution, 2, limit=2)] == [3, 4]


def test_runs_are_seen_in_their_workspace_only(worker: Worker, cast: Cast) -> None:
    execution = ended(start(cast, flow(agent("one"))))
    assert queries.visible_to(cast.eve.actor).get() == execution
    assert not queries.visible_to(cast.finn.actor).exists()
    assert not queries.visible_to(cast.eve.with_scopes()).exists()
    assert queries.visible_to(Actor.system(cast.workspace)).exists()


def test_figures_of_a_workflow(worker: Worker, cast: Cast) -> None:
    workflow = published(cast, flow(agent("one", "say ${inputs.what}"), agent("two", "${inputs.what}"),
                                    inputs=[{"name": "what"}]))  # fmt: skip
    for what in ("say a", "say b", "fail c"):
        ended(operations.start(workflow, {"what": what}, by=cast.cleo.actor))
    figures = queries.statistics(workflow)
    assert (figures["runs"], figures["completed"], figures["failed"]) == (3, 2, 1)
    assert round(figures["success_rate"], 2) == 0.67
    assert 0 < figures["p50"] <= figures["p95"] <= figures["p99"]
    assert round(figures["cost"], 4) == 0.05
    assert figures["failing_steps"] == [{"step": "two", "runs": 3, "failures": 1, "rate": 1 / 3}]
    assert {line["step"] for line in figures["slowest_steps"]} == {"one", "two"}


def test_figures_of_a_workflow_that_never_ran(cast: Cast) -> None:
    figures = queries.statistics(published(cast, flow(agent("one"))))
    assert (figures["runs"], figures["success_rate"], figures["p50"], figures["cost"]) == (0, None, None, 0.0)


def test_how_long_people_take(worker: Worker, cast: Cast) -> None:
    execution = waits(start(cast, flow(approval(), agent("one"))))
    request = ApprovalRequest.objects.get(origin=str(execution.id))
    ApprovalRequest.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    approvals.decide(request, "approve", by=cast.dan.actor)
    ended(execution)
    waited = queries.statistics(execution.workflow)["approval_wait"]
    assert waited["answers"] == 1
    assert 299 < waited["average_s"] < 330


def test_costs_in_every_way_people_ask(worker: Worker, cast: Cast) -> None:
    execution = ended(start(cast, flow(agent("one"), agent("two"))))
    ended(start(cast, flow(agent("three")), slug="other"))
    now = timezone.now()
    span = (now - timedelta(hours=1), now + timedelta(hours=1))
    assert float(queries.cost_between(cast.workspace, *span)) == 0.03
    assert float(queries.cost_between(cast.elsewhere, *span)) == 0
    by_workflow = costs.by("workflow", cast.workspace, *span)
    assert [(line.group, line.cost) for line in by_workflow] == [("flow", 0.02), ("other", 0.01)]
    for group in costs.GROUPS:
        assert costs.total(costs.by(group, cast.workspace, *span)) == 0.03
    assert [(line.group, line.requests) for line in costs.by_step(execution)] == [("one", 1), ("two", 1)]


def test_cost_of_calls_is_cost_of_steps_is_cost_of_the_run(worker: Worker, cast: Cast) -> None:
    retry = {"attempts": 3, "backoff_s": 0.01}
    execution = ended(start(cast, flow(agent("one"), agent("two", "flaky 3", retry=retry))))
    of_steps = sum(float(run.cost) for run in execution.step_runs.all())
    of_calls = sum(float(call.cost) for call in queries.calls(execution))
    assert float(execution.cost) == of_steps == of_calls == 0.02
    assert Execution.objects.get().requests == 2
    assert queries.calls(execution, "two").count() == 1
