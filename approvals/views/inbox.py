"""The page itself: requests on the left, one of them on the right."""

import json
import uuid
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from approvals import packet, queries, schema
from approvals.models import ApprovalRequest, Priority, RequestKind, RequestStatus
from approvals.queries import Filters
from convergio.errors import ConvergioError
from convergio.json_forms import fields_of, values_from
from convergio.pages import PageRequest, page


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that was not taken: why, and what was posted, so that nothing typed is lost."""

    reason: ConvergioError
    posted: QueryDict


@require_GET
@page
def approval_list(request: PageRequest) -> HttpResponse:
    """What waits, with the first of it open beside the list; the list alone when it asks for news."""
    if _is_part(request, "list"):
        facts = list_facts(request, queries.seat_of(request.actor), _beside(request))
        return render(request, "approvals/inbox.html#list", facts | {"is_part": True})
    return shown(request, None)


@require_GET
@page
def approval_detail(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    """One request: what is under review, what may be answered, what was said before."""
    asked = find(request, id)
    if _is_part(request, "request"):
        facts = request_facts(request, asked, queries.seat_of(request.actor), filters_of(request))
        return render(request, "approvals/inbox.html#request", facts)
    return shown(request, asked)


def _is_part(request: PageRequest, part: str) -> bool:
    return bool(request.htmx) and request.GET.get("part") == part


def find(request: PageRequest, id: uuid.UUID) -> ApprovalRequest:
    """Return a request of the workspace, or have the page say that there is none."""
    return get_object_or_404(queries.visible_to(request.actor), pk=id)


def shown(
    request: PageRequest, asked: ApprovalRequest | None, refused: Refused | None = None, **more: Any
) -> HttpResponse:
    """Draw the inbox with a request open, or with the first one of the list."""
    seat = queries.seat_of(request.actor)
    facts = list_facts(request, seat, asked.pk if asked else None)
    first = None if asked else next(iter(facts["page"]), None)
    beside = find(request, first.pk) if first else asked
    facts |= {"is_open": asked is not None} | more
    if beside is not None:
        facts |= request_facts(request, beside, seat, facts["filters"], refused)
        facts |= {"shown_id": beside.pk, "list_again": _list_again(facts["filters"], beside.pk)}
    status = refused.reason.status if refused else 200
    whole = "approvals/inbox.html"
    template = f"{whole}#inbox" if request.htmx and request.method == "GET" else whole
    return render(request, template, facts, status=status)


def list_facts(request: PageRequest, seat: queries.Seat | None, beside: uuid.UUID | None) -> dict[str, Any]:
    """Return what the left half shows, beside a request that is open or beside none."""
    counts = queries.counts(request.actor, seat)
    filters = filters_of(request, counts)
    return {
        "filters": filters,
        "query": filters.as_query(),
        "boxes": queries.BOXES,
        "counts": counts,
        "waiting_count": counts["mine"] + counts["groups"],
        "sorts": queries.SORTS,
        "sources": queries.sources(request.actor),
        "kinds": RequestKind.choices,
        "priorities": Priority.choices,
        "saved": queries.filters_of(request.actor),
        "page": _listed(request, filters, seat, counts),
        "shown_id": beside,
        "list_again": _list_again(filters, beside),
        "now": timezone.now(),
    }


def filters_of(request: PageRequest, counts: dict[str, int] | None = None) -> Filters:
    """Return what the list is narrowed to: by the address, or by a form that carries the address's query.

    Who names no box sees what waits for the groups when nothing waits for them alone.
    """
    given = QueryDict(request.POST["list"]) if "list" in request.POST else request.GET
    filters = Filters.read(given)
    if "box" in given:
        return filters
    waiting = counts or queries.counts(request.actor)
    return replace(filters, box="groups") if waiting["groups"] and not waiting["mine"] else filters


def narrowed_to(filters: Filters, name: str, *args: uuid.UUID) -> str:
    """Return the address of that name, with the list beside it narrowed as it is."""
    address, query = reverse(name, args=args), filters.as_query()
    return f"{address}?{query}" if query else address


def _listed(
    request: PageRequest, filters: Filters, seat: queries.Seat | None, counts: dict[str, int]
) -> Page[ApprovalRequest]:
    """Return the page of the list that was asked for; a whole box was counted already."""
    pages = Paginator(queries.inbox(request.actor, filters, seat), queries.PER_PAGE)
    if not filters.is_narrow:
        pages.count = counts[filters.box]
    return pages.get_page(filters.page)


def request_facts(
    request: PageRequest,
    asked: ApprovalRequest,
    seat: queries.Seat | None,
    filters: Filters,
    refused: Refused | None = None,
) -> dict[str, Any]:
    """Return what the right half shows of a request."""
    refusal, posted = (refused.reason, refused.posted) if refused else (None, QueryDict())
    pending = asked.status == RequestStatus.PENDING
    return {
        "asked": asked,
        "query": filters.as_query(),
        "back": narrowed_to(filters, "approval_list"),
        "request_again": _with(narrowed_to(filters, "approval_detail", asked.pk), part="request"),
        "now": timezone.now(),
        "cannot": queries.refusal(asked, request.actor, seat),
        "answers": queries.answers_of(asked),
        "people": queries.people_asked(asked),
        "decisions": asked.decisions.select_related("user", "on_behalf_of").defer("packet"),
        "activities": queries.activities(asked),
        "is_watching": queries.is_watching(asked, request.actor),
        "colleagues": queries.colleagues(request.actor) if pending else [],
        "rounds": queries.revisions(asked)[1:],
        "fields": fields_of(asked.form, _values(asked, posted), schema.faults_of(refusal)),
        "edited": posted.get("data") or (_as_text(asked.data) if asked.can_edit else ""),
        "comment": posted.get("comment", ""),
        "refusal": refusal,
        "packet": packet.shown(asked, request.actor, request.GET.get("seen", "")),
        "next": request.GET.get("next", request.POST.get("next", "")),
    }


def _beside(request: PageRequest) -> uuid.UUID | None:
    """Return the id of the request that is open beside a list which asks for news."""
    try:
        return uuid.UUID(request.GET.get("shown", ""))
    except ValueError:
        return None


def _list_again(filters: Filters, beside: uuid.UUID | None) -> str:
    """Return where a list asks for news: of itself, or, as long as nothing is open beside it, of the whole inbox."""
    address = narrowed_to(filters, "approval_list")
    return _with(address, part="list", shown=str(beside)) if beside else address


def _with(address: str, **more: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(more)}"


def _as_text(data: Any) -> str:
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, indent=2)


def _values(asked: ApprovalRequest, posted: QueryDict) -> dict[str, Any]:
    return values_from(asked.form, posted) if asked.form and posted else {}
