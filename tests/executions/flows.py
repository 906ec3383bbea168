"""Small definitions for tests of runs, and the way to publish and follow them."""

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from executions import operations
from executions.models import Event, Execution, StepRun
from tests.people import Cast
from workflows.models import Workflow, WorkflowVersion

ENDS = ("completed", "failed", "cancelled", "timed_out")


def agent(step_id: str, prompt: str = "", **more: Any) -> dict[str, Any]:
    config = {"agent": "writer", "prompt": prompt or f"say {step_id}", **more.pop("config", {})}
    return {"id": step_id, "type": "agent", "config": config, **more}


def tool(step_id: str, name: str = "echo", arguments: Any = None, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "type": "tool", "config": {"tool": name, "arguments": arguments or {}}, **more}


def approval(step_id: str = "gate", **config: Any) -> dict[str, Any]:
    more: dict[str, Any] = {key: config.pop(key) for key in ("parent", "on_error") if key in config}
    return {"id": step_id, "type": "approval", "config": {"title": f"Approve {step_id}?", **config}, **more}


def chain(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Steps one after the other; after an approval on `approved`."""
    ports = {"approval": "approved", "input": "submitted"}
    edges = [
        {"source": one["id"], "port": ports.get(one["type"], "done"), "target": two["id"]}
        for one, two in pairwise(steps)
    ]
    return {"format": 1, "steps": list(steps), "edges": edges, **more}


def published(cast: Cast, definition: dict[str, Any], slug: str = "flow") -> Workflow:
    """A workflow with this definition, published, not validated."""
    workflow = Workflow.objects.create(
        workspace=cast.workspace, slug=slug, name=slug.title(), draft=definition
    )
    workflow.published = WorkflowVersion.objects.create(
        workflow=workflow, number=1, definition=definition, digest="-"
    )
    workflow.save()
    return workflow


def start(cast: Cast, definition: dict[str, Any], inputs: Any = None, slug: str = "flow") -> Execution:
    """Publish and start as Cleo."""
    return operations.start(published(cast, definition, slug), inputs or {}, by=cast.cleo.actor)


def until(condition: Callable[[], Any], seconds: float = 10.0, what: str = "it") -> Any:
    """Wait for a condition to hold."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"{what} did not come within {seconds} s"
        time.sleep(0.02)
    return found


def ended(execution: Execution, seconds: float = 10.0) -> Execution:
    """The run once it has ended and was let go."""
    return _let_go(execution, ENDS, seconds, f"the end of {execution}")


def waits(execution: Execution, seconds: float = 10.0) -> Execution:
    """The run once it waits and was let go."""
    return _let_go(execution, ("waiting", "paused"), seconds, "the waiting")


def _let_go(execution: Execution, statuses: tuple[str, ...], seconds: float, what: str) -> Execution:
    """The run once nobody owns it in one of these statuses."""
    rows = Execution.objects.filter(pk=execution.pk, status__in=statuses, owner="")
    until(rows.exists, seconds, what)
    execution.refresh_from_db()
    return execution


def step(execution: Execution, path: str) -> StepRun:
    """The newest round of a step run."""
    return StepRun.objects.filter(execution=execution, path=path).latest("round")


def log_of(execution: Execution) -> list[str]:
    """The kinds of a run's events, in order."""
    return list(
        Event.objects.filter(execution_id=execution.id).order_by("seq").values_list("type", flat=True)
    )
