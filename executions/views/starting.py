"""The form that starts a run, made from what the workflow asks for."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from convergio.errors import ConvergioError, InvalidInput, TooLarge
from convergio.pages import PageRequest, goto, page
from convergio.workspaces.permissions import Permission
from executions import operations
from executions.views.asking import answers, asked
from executions.views.finding import find_workflow
from workflows.models import Workflow
from workflows.schema import InputField, parse_definition


@require_http_methods(["GET", "POST"])
@page
def workflow_run(request: PageRequest, slug: str) -> HttpResponse:
    """Ask for the inputs of the published version and start a run."""
    request.actor.require(Permission.RUN)
    workflow = find_workflow(request, slug)
    inputs = _declared(workflow)
    if request.method == "GET":
        return _form(request, workflow, inputs, {})
    values: dict[str, Any] = {}
    try:
        values = answers(request, workflow, inputs)
        execution = operations.start(
            workflow, values, by=request.actor, idempotency_key=request.POST.get("key") or None
        )
    except (InvalidInput, TooLarge) as refusal:
        return _form(request, workflow, inputs, values or request.POST.dict(), refusal)
    return goto(request, reverse("execution_detail", args=[execution.id]))


def _declared(workflow: Workflow) -> tuple[InputField, ...]:
    if workflow.published is None:
        raise operations.NotRunnable(f"“{workflow.name}” was never published; publish it before you run it.")
    return parse_definition(workflow.published.definition).inputs


def _form(
    request: PageRequest,
    workflow: Workflow,
    inputs: Sequence[InputField],
    values: Mapping[str, Any],
    refusal: ConvergioError | None = None,
) -> HttpResponse:
    facts = {"workflow": workflow, **asked(workflow, inputs, values, refusal)}
    return render(request, "executions/workflow_run.html", facts, status=refusal.status if refusal else 200)
