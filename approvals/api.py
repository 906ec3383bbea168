"""Requests and decisions over HTTP."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from approvals import operations, queries
from approvals.models import Answer, ApprovalRequest, Decision, RequestStatus
from convergio.errors import NotFound
from convergio.rest.auth import actor_of
from convergio.rest.bodies import Body
from convergio.rest.paging import Page, Paging, paged
from convergio.workspaces.permissions import Permission

router = Router(tags=["Approvals"])


class DecisionOut(Schema):
    """One person's answer."""

    user: str | None = None
    answer: str
    comment: str
    form: dict[str, Any] | None
    via: str
    created_at: datetime

    @staticmethod
    def resolve_user(decision: Decision) -> str | None:
        return decision.user.email if decision.user else None


class RequestOut(Schema):
    """A request. `origin` is the id of the execution that waits, `origin_path` the step in it."""

    id: UUID
    kind: str
    status: str
    title: str
    description: str
    assignees: list[str]
    quorum: str
    can_revise: bool
    separation_of_duties: bool
    requested_by: str | None = None
    origin: str
    origin_path: str
    origin_label: str
    round: int
    parent_id: UUID | None
    created_at: datetime
    due_at: datetime | None
    expires_at: datetime | None
    auto_approve_at: datetime | None
    settled_at: datetime | None

    @staticmethod
    def resolve_requested_by(request: ApprovalRequest) -> str | None:
        return request.requested_by.email if request.requested_by else None


class RequestDetail(RequestOut):
    """A request with what is under review. `refusal` says why you may not answer, null when you may."""

    data: Any = None
    form: dict[str, Any] | None
    decisions: list[DecisionOut]
    asked: list[str]
    refusal: str | None = None


class RequestFilters(Schema):
    """Narrow the list; `mine` keeps what waits for you."""

    status: RequestStatus | None = None
    kind: Literal["approval", "input"] | None = None
    origin: str = ""
    mine: bool = False


class DecisionIn(Body):
    """An answer. `form` holds the values of the request's form, where it has one."""

    answer: Answer
    comment: str = ""
    form: dict[str, Any] | None = None


def request_of(request: HttpRequest, request_id: UUID) -> ApprovalRequest:
    """Return a request of the caller's workspace. Raises NotFound."""
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    found = queries.visible_to(actor).filter(pk=request_id).first()
    if found is None:
        raise NotFound("There is no such request in this workspace.")
    return found


@router.get("/approvals", response=Page[RequestOut])
def list_requests(request: HttpRequest, filters: Query[RequestFilters], paging: Query[Paging]) -> Any:
    """Requests of the workspace, newest first; with `mine`, the one due first on top."""
    actor = actor_of(request)
    rows = queries.waiting_for(actor) if filters.mine else queries.visible_to(actor)
    wanted = {name: getattr(filters, name) for name in ("status", "kind", "origin") if getattr(filters, name)}
    return paged(rows.filter(**wanted), paging)


@router.get("/approvals/{uuid:request_id}", response=RequestDetail)
def get_request(request: HttpRequest, request_id: UUID) -> Any:
    """One request with what is under review and what was answered."""
    return _detail(request, request_of(request, request_id))


@router.post("/approvals/{uuid:request_id}/decisions", response={201: RequestDetail})
def decide(request: HttpRequest, request_id: UUID, payload: DecisionIn) -> Any:
    """Answer: approve, reject or request_changes an approval, submit a form. 409 says who was faster."""
    actor, found = actor_of(request), request_of(request, request_id)
    if payload.answer == Answer.SUBMIT:
        done = operations.submit(found, payload.form or {}, by=actor, comment=payload.comment)
    else:
        done = operations.decide(found, payload.answer, by=actor, comment=payload.comment, form=payload.form)
    return Status(201, _detail(request, done))


def _detail(request: HttpRequest, found: ApprovalRequest) -> dict[str, Any]:
    listed = {name: getattr(found, name) for name in RequestOut.model_fields if name != "requested_by"}
    return {
        **listed,
        "requested_by": RequestOut.resolve_requested_by(found),
        "data": found.data,
        "form": found.form,
        "decisions": list(found.decisions.select_related("user")),
        "asked": [user.email for user in queries.people_asked(found)],
        "refusal": queries.refusal(found, actor_of(request)),
    }
