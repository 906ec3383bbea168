"""Rows that nobody can read: each is put into the database by hand, and its run must be parked with a reason."""

from collections.abc import Callable
from typing import Any

from tests.stack.chaos.evidence import End, Start
from workflows.models import Workflow, WorkflowVersion

UNREADABLE = End("failed", code="unreadable")
BROKEN = End("failed", code="internal_error")


def corrupt_state(start: Start, version: WorkflowVersion) -> End:
    """The state of a run is no state."""
    _insert(start, version, status="running", state={"context": 7, "extra": []}, owner="nobody")
    return UNREADABLE


def unknown_status(start: Start, version: WorkflowVersion) -> End:
    """A run has a status that there is not."""
    _insert(start, version, status="asleep", state={}, owner="nobody")
    return UNREADABLE


def unknown_format(start: Start, version: WorkflowVersion) -> End:
    """The definition is of a format that is not known yet."""
    future = WorkflowVersion.objects.create(
        workflow=version.workflow, number=900, definition={"format": 99, "steps": []}, digest="-"
    )
    _insert(start, future, status="queued", state={}, owner="")
    return BROKEN


POISONS: tuple[Callable[[Start, WorkflowVersion], End], ...] = (corrupt_state, unknown_status, unknown_format)


def pour(workflow: Workflow, seed: int) -> list[Start]:
    """Put one row of each kind into the database; return what must become of them."""
    assert workflow.published is not None
    starts = []
    for number, poison in enumerate(POISONS):
        start = Start(key=f"{seed}-poison-{number}", shape=workflow.slug)
        start.ends = (poison(start, workflow.published),)
        starts.append(start)
    return starts


def _insert(start: Start, version: WorkflowVersion, **facts: Any) -> None:
    from executions.models import Execution

    last = Execution.objects.filter(workflow=version.workflow).order_by("-number").first()
    row = Execution(
        workspace_id=version.workflow.workspace_id,
        workflow=version.workflow,
        version=version,
        number=100_000 + (last.number if last else 0),
        inputs={"key": start.key, "n": 1},
        **facts,
    )
    row.save()
    start.told = {str(row.id)}
