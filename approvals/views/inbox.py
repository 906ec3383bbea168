"""The page itself: requests on the left, one of them on the right."""

import json
import uuid
from dataclasses import dataclass, replace
from typing import Any

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
    """What waits, with the first of it open beside the list where there is room."""
    return shown(request, None)


@require_GET
@page
def approval_detail(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    """One request: what is under review, what may be answered, what was said before."""
    return shown(request, find(request, id))


def find(request: PageRequest, id: uuid.UUID) -> ApprovalRequest:
    """Return a request of the workspace, or have the page say that there is none."""
    return get_object_or_404(queries.visible_to(request.actor), pk=id)


def shown(
    request: PageRequest, asked: ApprovalRequest | None, refused: Refused | None = None, **more: Any
) -> HttpResponse:
    """Draw the inbox with a request open, or with the first one of the list."""
    seat = queries.seat_of(request.actor)
    counts = queries.counts(request.actor, seat)
    filters = filters_of(request, counts)
    rows = listed(request, filters, seat)
    beside = asked or _wanted(request) or _first(request, rows)
    facts = {
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
        "page": rows,
        "is_open": asked is not None,
        "asked": beside,
        "back": narrowed_to(filters, "approval_list"),
        "again": _again(filters, asked, beside),
        "now": timezone.now(),
    }
    if beside is not None:
        facts |= request_facts(request, beside, seat, refused)
    status = refused.reason.status if refused else 200
    whole = "approvals/inbox.html"
    template = f"{whole}#inbox" if request.htmx and request.method == "GET" else whole
    return render(request, template, facts | more, status=status)


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


def listed(request: PageRequest, filters: Filters, seat: queries.Seat | None) -> Page[ApprovalRequest]:
    """Return the page of the list that was asked for."""
    rows = queries.inbox(request.actor, filters, seat)
    return Paginator(rows, queries.PER_PAGE).get_page(filters.page)


def request_facts(
    request: PageRequest, asked: ApprovalRequest, seat: queries.Seat | None, refused: Refused | None = None
) -> dict[str, Any]:
    """Return what the right half shows of a request."""
    refusal, posted = (refused.reason, refused.posted) if refused else (None, QueryDict())
    pending = asked.status == RequestStatus.PENDING
    return {
        "asked": asked,
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


def _first(request: PageRequest, rows: Page[ApprovalRequest]) -> ApprovalRequest | None:
    """Return the first of the list with all that the right half shows."""
    first = next(iter(rows), None)
    return find(request, first.pk) if first else None


def _wanted(request: PageRequest) -> ApprovalRequest | None:
    """Return what was open beside the list before it was fetched again, though nobody had asked for it by name."""
    try:
        wanted = uuid.UUID(request.GET.get("shown", ""))
    except ValueError:
        return None
    return queries.visible_to(request.actor).filter(pk=wanted).first()


def _again(filters: Filters, asked: ApprovalRequest | None, beside: ApprovalRequest | None) -> str:
    """Return the address that draws the same again, whatever has happened to the list since."""
    if asked is not None:
        return narrowed_to(filters, "approval_detail", asked.pk)
    shown = f"shown={beside.pk}" if beside else ""
    query = "&".join(filter(None, (filters.as_query(), shown)))
    return f"{reverse('approval_list')}?{query}"


def _as_text(data: Any) -> str:
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, indent=2)


def _values(asked: ApprovalRequest, posted: QueryDict) -> dict[str, Any]:
    return values_from(asked.form, posted) if asked.form and posted else {}
