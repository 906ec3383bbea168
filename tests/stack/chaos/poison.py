"""Rows that nobody can read, put into the database by hand: their runs must be parked, each with a reason."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from convergio.ids import uuid7
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
    last = WorkflowVersion.objects.filter(workflow=version.workflow).order_by("-number").first()
    future = WorkflowVersion.objects.create(
        workflow=version.workflow,
        number=1 + (last.number if last else 0),
        definition={"format": 99, "steps": []},
        digest="-",
    )
    _insert(start, future, status="queued", state={}, owner="")
    return BROKEN


POISONS: tuple[Callable[[Start, WorkflowVersion], End], ...] = (corrupt_state, unknown_status, unknown_format)


def pour(workflow: Workflow, start: Start, kind: int) -> None:
    """Put a row into the database that nobody can read, and say in `start` what must become of it.

    Once, however often it is called for a start: the database may go away as it says that it has the row.
    """
    from executions.models import Execution

    assert workflow.published is not None
    start.told = start.told or {str(uuid7())}
    with transaction.atomic():
        if not Execution.objects.filter(pk__in=start.told).exists():
            start.ends = (POISONS[kind % len(POISONS)](start, workflow.published),)


def spoil(run: str) -> bool:
    """Make the state of a run unreadable while it waits; False when it does not, or is at work."""
    from executions.models import Execution

    waiting = Execution.objects.filter(pk=run, status="waiting", owner="")
    return bool(waiting.update(state={"context": 7, "extra": []}))


def _insert(start: Start, version: WorkflowVersion, **facts: Any) -> None:
    from executions.models import Execution

    last = Execution.objects.filter(workflow=version.workflow).order_by("-number").first()
    [made] = start.told
    Execution.objects.create(
        id=made,
        workspace_id=version.workflow.workspace_id,
        workflow=version.workflow,
        version=version,
        number=1 + (last.number if last else 0),
        inputs={"key": start.key, "n": 1},
        **facts,
    )
