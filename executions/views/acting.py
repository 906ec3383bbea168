"""Orders to a run: cancel, pause, resume, retry, and beginning anew from one of its steps."""

import json
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from convergio.errors import InvalidInput
from convergio.pages import PageRequest, goto, page, wanted_page
from convergio.workspaces.permissions import Permission
from executions import operations
from executions.models import Execution, StepRun
from executions.views.finding import find

ORDERS = {
    "cancellation": (operations.cancel, "The run is being stopped."),
    "pause": (operations.pause, "The run pauses: what works may end, nothing new starts."),
    "resumption": (operations.resume, "The run goes on."),
    "retry": (operations.retry, "The failed steps are tried again."),
}


@require_POST
@page
def order(request: PageRequest, id: uuid.UUID, order: str) -> HttpResponse:
    """Cancel, pause, resume or retry."""
    execution = find(request, id)
    if order not in ORDERS:
        raise Http404
    verb, sentence = ORDERS[order]
    reason = request.POST.get("reason", "")
    verb(execution, by=request.actor, **({"reason": reason} if order == "cancellation" else {}))
    messages.success(request, sentence)
    return goto(request, wanted_page(request, reverse("execution_detail", args=[id])))


@require_http_methods(["GET", "POST"])
@page
def fork(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    """Begin a new run from one step of this one, with its input edited."""
    request.actor.require(Permission.RUN)
    execution = find(request, id)
    step = _step(execution, request.GET.get("path", "").replace("\x00", ""))
    if request.method == "GET":
        return _fork_page(request, execution, step, _rest(step.input))
    text = request.POST.get("edited", "")
    try:
        edited = _read(text) if text.strip() else {}
        edited |= {"prompt": request.POST["prompt"]} if "prompt" in request.POST else {}
        made = operations.fork(execution, step.path, by=request.actor, edited=edited or None)
    except InvalidInput as refusal:
        return _fork_page(request, execution, step, text, refusal)
    messages.success(request, f"Run #{made.number} begins at “{step.step_id}”; this one stays as it is.")
    return goto(request, reverse("execution_detail", args=[made.id]))


def _step(execution: Execution, path: str) -> StepRun:
    found = execution.step_runs.filter(path=path).order_by("-round").first()
    if found is None:
        raise Http404
    return found


def _fork_page(
    request: PageRequest,
    execution: Execution,
    step: StepRun,
    edited: Any,
    refusal: InvalidInput | None = None,
) -> HttpResponse:
    text = edited if isinstance(edited, str) else json.dumps(edited or {}, ensure_ascii=False, indent=2)
    prompt = request.POST.get("prompt", _prompt(step.input))
    facts = {"execution": execution, "step": step, "text": text, "prompt": prompt, "refusal": refusal}
    return render(request, "executions/execution_fork.html", facts, status=refusal.status if refusal else 200)


def _prompt(given: Any) -> str | None:
    """The part of an agent's input that people write as text; None where there is none."""
    prompt = given.get("prompt") if isinstance(given, dict) else None
    return prompt if isinstance(prompt, str) else None


def _rest(given: Any) -> Any:
    return (
        {key: one for key, one in given.items() if key != "prompt"} if _prompt(given) is not None else given
    )


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The input is not valid JSON: {error}.") from None
    if not isinstance(found, dict):
        raise InvalidInput("The input of a step is a JSON object: names with their values.")
    return found
