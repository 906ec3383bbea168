"""Finding what a request is about, in the workspace of whoever asks."""

import uuid

from django.shortcuts import get_object_or_404

from convergio.pages import PageRequest
from executions import queries
from executions.models import Execution
from workflows import queries as workflow_queries
from workflows.models import Workflow


def find(request: PageRequest, id: uuid.UUID) -> Execution:
    """Return a run of the workspace, else 404."""
    rows = queries.visible_to(request.actor).select_related(
        "workflow", "version", "started_by", "forked_from"
    )
    return get_object_or_404(rows, pk=id)


def find_workflow(request: PageRequest, slug: str) -> Workflow:
    """Return a workflow of the workspace, else 404."""
    return get_object_or_404(workflow_queries.visible_to(request.actor), slug=slug)
