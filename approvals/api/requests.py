"""Requests: finding, answering, taking on, talking about."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from approvals import operations, queries
from approvals.api.schemas import (
    ActivityOut,
    CommentIn,
    DecisionIn,
    DelegationIn,
    ManyIn,
    ManyOut,
    RequestDetail,
    RequestFilters,
    RequestOut,
)
from approvals.models import ApprovalRequest
from convergio.errors import NotFound
from convergio.rest.auth import actor_of
from convergio.rest.paging import Page, Paging, paged
from convergio.workspaces.models import User
from convergio.workspaces.permissions import Permission

router = Router(tags=["Approvals"])


def request_of(request: HttpRequest, request_id: UUID) -> ApprovalRequest:
    """Return a request of the caller's workspace. Raises NotFound."""
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    found = queries.visible_to(actor).filter(pk=request_id).first()
    if found is None:
        raise NotFound("There is no such request in this workspace.")
    return found


def colleague(request: HttpRequest, email: str) -> User:
    """Return the person of that address in the caller's workspace. Raises NotFound."""
    wanted = email.strip().lower()
    found = next((one for one in queries.colleagues(actor_of(request)) if one.email == wanted), None)
    if found is None:
        raise NotFound(f"Nobody else in this workspace who may decide has the address {wanted[:200]}.")
    return found


@router.get("/approvals", response=Page[RequestOut])
def list_requests(request: HttpRequest, filters: Query[RequestFilters], paging: Query[Paging]) -> Any:
    """Requests of the workspace, newest first; with `mine` or `box`, the one due first on top."""
    actor = actor_of(request)
    wanted = queries.Filters.read(filters.dict())
    if filters.box:
        rows = queries.inbox(actor, wanted)
    else:
        rows = queries.waiting_for(actor) if filters.mine else queries.visible_to(actor)
        rows = rows.filter(queries.narrowed(wanted))
        rows = queries.light(rows.order_by(*queries.order_of(filters.sort)) if filters.sort else rows)
    exact = {name: getattr(filters, name) for name in ("status", "origin") if getattr(filters, name)}
    return paged(rows.filter(**exact), paging)


@router.get("/approvals/counts", response=dict[str, int])
def count_requests(request: HttpRequest) -> Any:
    """How many requests lie in each box of your inbox."""
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    return queries.counts(actor)


@router.post("/approvals/decisions", response=ManyOut)
def decide_many(request: HttpRequest, payload: ManyIn) -> Any:
    """Give many requests one answer; each counts by itself, and what was refused is told with the reason."""
    report = operations.decide_many(
        payload.ids, payload.answer, by=actor_of(request), comment=payload.comment
    )
    refused = [{"id": one.pk, "title": one.title, "reason": reason} for one, reason in report.refused]
    return {"done": [one.pk for one in report.done], "refused": refused, "missing": report.missing}


@router.get("/approvals/{uuid:request_id}", response=RequestDetail)
def get_request(request: HttpRequest, request_id: UUID) -> Any:
    """One request with what is under review, what was answered and what happened around it."""
    return request_of(request, request_id)


@router.post("/approvals/{uuid:request_id}/decisions", response={201: RequestDetail})
def decide(request: HttpRequest, request_id: UUID, payload: DecisionIn) -> Any:
    """Give one of the request's answers, or submit a form. 409 says who was faster."""
    found = request_of(request, request_id)
    return Status(201, operations.decide(found, **payload.dict(), by=actor_of(request)))


@router.post("/approvals/{uuid:request_id}/claim", response=RequestDetail)
def claim(request: HttpRequest, request_id: UUID) -> Any:
    """Take a request on. 409 says who has it."""
    return operations.claim(request_of(request, request_id), by=actor_of(request))


@router.delete("/approvals/{uuid:request_id}/claim", response=RequestDetail)
def release(request: HttpRequest, request_id: UUID) -> Any:
    """Give it back to everybody who is asked."""
    return operations.release(request_of(request, request_id), by=actor_of(request))


@router.post("/approvals/{uuid:request_id}/delegations", response={201: RequestDetail})
def delegate(request: HttpRequest, request_id: UUID, payload: DelegationIn) -> Any:
    """Hand a request on to a colleague."""
    found, actor = request_of(request, request_id), actor_of(request)
    actor.require(Permission.DECIDE)
    done = operations.delegate(found, colleague(request, payload.to), by=actor, comment=payload.comment)
    return Status(201, done)


@router.post("/approvals/{uuid:request_id}/comments", response={201: ActivityOut})
def comment(request: HttpRequest, request_id: UUID, payload: CommentIn) -> Any:
    """Say something about a request."""
    return Status(
        201, operations.comment(request_of(request, request_id), payload.text, by=actor_of(request))
    )


@router.put("/approvals/{uuid:request_id}/watch", response={204: None})
def watch(request: HttpRequest, request_id: UUID) -> Any:
    """Hear of everything that happens to a request."""
    operations.watch(request_of(request, request_id), by=actor_of(request))
    return Status(204, None)


@router.delete("/approvals/{uuid:request_id}/watch", response={204: None})
def unwatch(request: HttpRequest, request_id: UUID) -> Any:
    """Hear no more of it than what is addressed to you."""
    operations.unwatch(request_of(request, request_id), by=actor_of(request))
    return Status(204, None)
