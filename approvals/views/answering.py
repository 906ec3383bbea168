"""Answers: one request, or many at once."""

import json
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from approvals import operations, queries
from approvals.models import Answer, ApprovalRequest, RequestStatus
from approvals.views.inbox import Refused, filters_of, find, narrowed_to, shown
from convergio.errors import Conflict, InvalidInput
from convergio.json_forms import values_from
from convergio.pages import PageRequest, goto, page, wanted_page
from convergio.workspaces.permissions import Permission

SAID = {
    Answer.APPROVE: "Approved. The run goes on.",
    Answer.REJECT: "Rejected. The run has been told.",
    Answer.REQUEST_CHANGES: "Your changes were requested; the next round will appear here.",
    Answer.SUBMIT: "Thank you, your answers were sent.",
}


@require_POST
@page
def decision(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    """Answer a request and show the next one. Who comes second sees who was faster."""
    asked = find(request, id)
    following = _following(request, asked)
    answer = request.POST.get("answer", "")
    try:
        label = _answer(request, asked, answer)
    except (InvalidInput, Conflict) as refusal:
        return shown(request, find(request, id), Refused(refusal, request.POST))
    messages.success(request, label)
    return goto(request, wanted_page(request, following))


@require_POST
@page
def decisions(request: PageRequest) -> HttpResponse:
    """Answer many with one comment, and say which could not be decided and why."""
    request.actor.require(Permission.DECIDE)
    answer, comment = request.POST.get("answer", ""), request.POST.get("comment", "")
    ids = [one for one in map(_uuid, request.POST.getlist("id")) if one]
    if not ids:
        messages.warning(request, "Choose the requests to answer first.")
        return goto(request, _list(request))
    report = operations.decide_many(ids, answer, by=request.actor, comment=comment)
    if report.refused:
        return shown(request, None, report=report)
    count = len(report.done)
    messages.success(request, f"{count} request{'' if count == 1 else 's'} answered.")
    return goto(request, _list(request))


def _answer(request: PageRequest, asked: ApprovalRequest, answer: str) -> str:
    comment = request.POST.get("comment", "")
    values = values_from(asked.form, request.POST) if asked.form else None
    data = _edited(asked, request.POST.get("data", ""))
    done = operations.decide(asked, answer, by=request.actor, comment=comment, form=values, data=data)
    if done.status == RequestStatus.PENDING:
        return "Your answer counts; the request waits for others now."
    option = next((one for one in queries.answers_of(asked) if one.id == answer), None)
    return (
        SAID.get(Answer(answer), "") if answer in Answer.values else f"{option.label if option else answer}."
    )


def _edited(asked: ApprovalRequest, text: str) -> Any:
    """Return what is under review as the person changed it; None when they did not."""
    if not asked.can_edit or not text.strip():
        return None
    text = text.replace("\r\n", "\n")
    if isinstance(asked.data, str):
        return None if text == asked.data.replace("\r\n", "\n") else text
    try:
        data = json.loads(text)
    except RecursionError as error:
        raise InvalidInput("What you changed is nested too deep.", details=[{"field": "data"}]) from error
    except ValueError as error:
        raise InvalidInput(
            f"What you changed is not valid JSON: {error}.", details=[{"field": "data"}]
        ) from error
    return None if data == asked.data else data


def _following(request: PageRequest, asked: ApprovalRequest) -> str:
    """Return the address of the request after this one in the list that the person sees, else of the list."""
    filters = filters_of(request)
    ids = list(queries.inbox(request.actor, filters).values_list("pk", flat=True)[:500])
    here = ids.index(asked.pk) if asked.pk in ids else -1
    rest = [*ids[here + 1 :], *ids[: max(here, 0)]]
    return narrowed_to(filters, "approval_detail", rest[0]) if rest else narrowed_to(filters, "approval_list")


def _list(request: PageRequest) -> str:
    return narrowed_to(filters_of(request), "approval_list")


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
