"""Trying a draft: what is asked for, what is pinned, and the drawer or the page that shows it."""

import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from convergio.errors import ConvergioError, InvalidInput
from convergio.pages import PageRequest, goto, page
from convergio.workspaces.permissions import Permission
from executions import trials
from executions.models import Execution
from executions.trials import NotReady, Reach
from executions.views.asking import answers, asked
from executions.views.finding import find, find_workflow
from executions.views.inspector import Inspector, shown_run
from workflows.models import Workflow
from workflows.schema import parse_definition
from workflows.views.reading import frame


@require_http_methods(["GET", "POST"])
@page
def trial(request: PageRequest, slug: str) -> HttpResponse:
    """Show what the steps of a draft gave in one run, or try the draft (again)."""
    workflow = find_workflow(request, slug)
    return (
        _try(request, workflow)
        if request.method == "POST"
        else _shown(request, workflow, _run(request, workflow))
    )


@require_POST
@page
def pins(request: PageRequest, slug: str) -> HttpResponse:
    """Pin the output of a step, or let it work again."""
    request.actor.require(Permission.BUILD)
    workflow = find_workflow(request, slug)
    step, act = _word(request, "step"), request.POST.get("do", "")
    if act == "clear":
        trials.clear_pins(workflow, by=request.actor)
    elif act == "unpin":
        trials.unpin(workflow, step, by=request.actor)
    else:
        output = _read(request.POST.get("output", ""), "output")
        trials.pin(workflow, step, output, port=request.POST.get("port", ""), by=request.actor)
    if act == "onward":
        return _start(request, workflow, _run(request, workflow), Reach.ONWARD, None)
    return _answer(request, workflow, _run(request, workflow))


@require_POST
@page
def pin_run(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    """Open a run in the editor, with what its steps gave pinned."""
    execution = find(request, id)
    count = trials.pin_results(execution, by=request.actor)
    outputs = f"{count} output{'' if count == 1 else 's'}"
    messages.success(request, f"{outputs} of run #{execution.number} pinned to the draft.")
    return goto(request, _in_editor(execution.workflow, execution))


def _try(request: PageRequest, workflow: Workflow) -> HttpResponse:
    """Start a trial, or first ask what it shall work on."""
    for permission in (Permission.BUILD, Permission.RUN):
        request.actor.require(permission)
    inputs = parse_definition(workflow.draft).inputs
    reach, earlier = _reach(request), _run(request, workflow)
    if "given" in request.GET:
        return _start(request, workflow, earlier, reach, answers(request, workflow, inputs))
    if inputs and (earlier is None or reach is Reach.DRAFT):
        return _ask(request, workflow, earlier, earlier.inputs if earlier else {})
    return _start(request, workflow, earlier, reach, None)


def _start(
    request: PageRequest,
    workflow: Workflow,
    earlier: Execution | None,
    reach: Reach,
    given: dict[str, Any] | None,
) -> HttpResponse:
    """Start a trial, without `given` on the inputs of the run shown; what is wrong with them is said beside them."""
    known = {one.name for one in parse_definition(workflow.draft).inputs}
    before = earlier.inputs if earlier else {}
    values = {name: one for name, one in before.items() if name in known} if given is None else given
    try:
        execution = trials.try_draft(
            workflow,
            values,
            by=request.actor,
            reach=reach,
            step_id=_word(request, "step") or None,
            earlier=earlier,
            edited=_edited(request) if given is None else None,
        )
    except InvalidInput as refusal:
        if isinstance(refusal, NotReady) or not any(one.get("field") in known for one in refusal.details):
            raise
        return _ask(request, workflow, earlier, values, refusal)
    return _answer(request, workflow, execution)


def _ask(
    request: PageRequest,
    workflow: Workflow,
    earlier: Execution | None,
    values: Mapping[str, Any],
    refusal: ConvergioError | None = None,
) -> HttpResponse:
    """Show the fields of the draft's inputs."""
    inputs = parse_definition(workflow.draft).inputs
    form = {"is_asking": True, "topic": "", "reach": _reach(request)}
    return _shown(request, workflow, earlier, form | asked(workflow, inputs, values, refusal))


def _answer(request: PageRequest, workflow: Workflow, execution: Execution | None) -> HttpResponse:
    """Show the drawer anew, or send a page without scripts there."""
    if request.htmx:
        return _shown(request, workflow, execution)
    query = {"run": str(execution.id) if execution else "", "step": _word(request, "step")}
    return goto(request, f"{reverse('workflow_trial', args=[workflow.slug])}?{urlencode(query)}")


def _shown(
    request: PageRequest,
    workflow: Workflow,
    execution: Execution | None,
    form: Mapping[str, Any] | None = None,
) -> HttpResponse:
    inspector = Inspector(request.actor, workflow, execution, _word(request, "step"), _word(request, "q"))
    links = {"url": reverse("workflow_trial", args=[workflow.slug]), "back": _in_editor(workflow, execution)}
    facts = {**inspector.facts(), **links, **(form or {})}
    if request.htmx:
        return render(request, "executions/trial/_trial.html", facts)
    refusal = facts.get("refusal")
    status = refusal.status if refusal else 200
    return render(request, "executions/trial/page.html", {**frame(workflow, "trial"), **facts}, status=status)


def _run(request: PageRequest, workflow: Workflow) -> Execution | None:
    return shown_run(request.actor, workflow, _word(request, "run"))


def _reach(request: PageRequest) -> Reach:
    try:
        return Reach(request.GET.get("reach", Reach.DRAFT))
    except ValueError:
        raise InvalidInput("A trial is of the draft, up to a step, of a step, or onward from one.") from None


def _in_editor(workflow: Workflow, execution: Execution | None) -> str:
    query = urlencode({"run": str(execution.id) if execution else ""})
    return f"{reverse('workflow_editor', args=[workflow.slug])}?{query}"


def _word(request: PageRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()[:100]


def _edited(request: PageRequest) -> Any:
    text = request.POST.get("edited", "")
    return _read(text, "input") if text.strip() else None


def _read(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The {what} is not valid JSON: {error}.") from None
