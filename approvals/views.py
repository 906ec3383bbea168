"""Pages where people answer: the list and the decision page. Both work without scripts."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from approvals import operations, queries
from approvals.models import Answer, ApprovalRequest, RequestStatus
from convergio.errors import InvalidInput
from convergio.json_forms import fields_of, values_from
from convergio.pages import PageRequest, goto, page, wanted_page

PER_PAGE = 25
SHOWN = {"mine": "Waiting for you", "pending": "All that waits", "settled": "Decided"}
ANSWERED = {
    Answer.APPROVE: "Approved. The run goes on.",
    Answer.REJECT: "Rejected. The run has been told.",
    Answer.REQUEST_CHANGES: "Your changes were asked for; you will see the next round here.",
    Answer.SUBMIT: "Thank you, your answers were sent.",
}


@require_GET
@page
def approval_list(request: PageRequest) -> HttpResponse:
    """What waits for me, what waits at all, what was decided."""
    show = request.GET.get("show", "mine")
    show = show if show in SHOWN else "mine"
    facts = {"page": _listed(request, show), "show": show, "shown": SHOWN}
    return render(request, _part(request, "approvals/approval_list.html"), facts)


@require_GET
@page
def approval_detail(request: PageRequest, id: str) -> HttpResponse:
    """One request: what is under review, what may be answered, what was said before."""
    return _decision_page(request, _find(request, id))


@require_POST
@page
def decision(request: PageRequest, id: str) -> HttpResponse:
    """Answer a request."""
    asked = _find(request, id)
    answer, comment = request.POST.get("answer", ""), request.POST.get("comment", "")
    values = values_from(asked.form, request.POST) if asked.form else None
    try:
        if answer == Answer.SUBMIT:
            operations.submit(asked, values or {}, by=request.actor, comment=comment)
        else:
            operations.decide(asked, answer, by=request.actor, comment=comment, form=values)
    except InvalidInput as refusal:
        return _decision_page(request, asked, refusal)
    messages.success(request, ANSWERED[Answer(answer)])
    return goto(request, wanted_page(request, reverse("approval_list")))


def _find(request: PageRequest, id: str) -> ApprovalRequest:
    return get_object_or_404(queries.visible_to(request.actor), pk=id)


def _decision_page(
    request: PageRequest, asked: ApprovalRequest, refusal: InvalidInput | None = None
) -> HttpResponse:
    errors = {
        str(one.get("field", "")).removeprefix("form/"): str(one.get("message", ""))
        for one in _details(refusal)
    }
    posted = values_from(asked.form, request.POST) if asked.form else {}
    facts = {
        "asked": asked,
        "cannot": queries.refusal(asked, request.actor),
        "people": queries.people_asked(asked),
        "decisions": asked.decisions.select_related("user"),
        "rounds": queries.revisions(asked)[1:],
        "fields": fields_of(asked.form, posted, errors),
        "comment": request.POST.get("comment", ""),
        "refusal": refusal,
        "next": request.GET.get("next", request.POST.get("next", "")),
    }
    return render(request, "approvals/approval_detail.html", facts, status=refusal.status if refusal else 200)


def _details(refusal: InvalidInput | None) -> list[dict[str, Any]]:
    return refusal.details if refusal else []


def _listed(request: PageRequest, show: str) -> Page[ApprovalRequest]:
    return Paginator(_rows(request, show), PER_PAGE).get_page(request.GET.get("page"))


def _rows(request: PageRequest, show: str) -> QuerySet[ApprovalRequest]:
    if show == "mine":
        return queries.waiting_for(request.actor)
    everything = queries.visible_to(request.actor)
    pending = everything.filter(status=RequestStatus.PENDING).order_by("due_at", "expires_at", "created_at")
    return (
        pending
        if show == "pending"
        else everything.exclude(status=RequestStatus.PENDING).order_by("-settled_at")
    )


def _part(request: PageRequest, template: str) -> str:
    return f"{template}#list" if request.htmx and not request.htmx.boosted else template
