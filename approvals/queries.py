"""Reads: what waits, for whom, and what was said."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from approvals import policy
from approvals.models import ApprovalRequest, Decision, RequestStatus
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Member, User, Workspace
from convergio.workspaces.permissions import Permission


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a settled request means for whoever opened it."""

    status: str
    comment: str
    form: dict[str, Any] | None
    decided_by: tuple[str, ...]


def database_time() -> datetime:
    """Return what time it is for the database, by which requests expire whatever the clocks of processes say."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def visible_to(actor: Actor) -> QuerySet[ApprovalRequest]:
    """Return the requests of the actor's workspace, newest first."""
    if not actor.may(Permission.VIEW):
        return ApprovalRequest.objects.none()
    return ApprovalRequest.objects.filter(workspace=actor.workspace).select_related("requested_by", "parent")


def waiting_for(actor: Actor) -> QuerySet[ApprovalRequest]:
    """Return the pending requests that the actor may answer, the one due first on top."""
    candidate = candidate_of(actor)
    if candidate is None or not actor.may(Permission.DECIDE):
        return ApprovalRequest.objects.none()
    mine = visible_to(actor).filter(status=RequestStatus.PENDING, assignees__overlap=sorted(candidate.tokens))
    duties = Q(separation_of_duties=True, requested_by=actor.user)
    answered = Decision.objects.filter(user=actor.user).values("request")
    return mine.exclude(duties).exclude(pk__in=answered).order_by("due_at", "expires_at", "created_at")


def candidate_of(actor: Actor) -> policy.Candidate | None:
    """Return the actor as approvals see them; None for the system itself and for strangers."""
    member = Member.objects.filter(workspace=actor.workspace, user=actor.user).first() if actor.user else None
    return next(iter(_candidates([member])), None) if member else None


def candidates(workspace: Workspace) -> list[policy.Candidate]:
    """Return all active members of a workspace as approvals see them."""
    members = Member.objects.filter(workspace=workspace, user__is_active=True)
    return _candidates(members.select_related("user").prefetch_related("groups"))


def _candidates(members: Iterable[Member]) -> list[policy.Candidate]:
    return [
        policy.Candidate(
            person=member.user_id,
            email=member.user.email,
            role=member.role,
            groups=frozenset(group.slug for group in member.groups.all()),
        )
        for member in members
    ]


def people_asked(request: ApprovalRequest) -> list[User]:
    """Return the people a request is addressed to (who stands in when nobody is meant exactly)."""
    meant = policy.assigned(request.assignees, candidates(request.workspace))
    return list(User.objects.filter(pk__in=meant).order_by("name", "email"))


def refusal(request: ApprovalRequest, actor: Actor) -> str | None:
    """Return why the actor may not answer, as a sentence for the page; None when they may."""
    if request.status != RequestStatus.PENDING:
        return settled_sentence(request)
    candidate = candidate_of(actor)
    if candidate is None or not actor.may(Permission.DECIDE):
        return "Your role does not let you answer requests."
    return policy.refusal(
        candidate,
        assignees=request.assignees,
        requester=request.requested_by_id,
        separation_of_duties=request.separation_of_duties,
        answered=[decision.user_id for decision in request.decisions.all() if decision.user_id],
    )


def settled_sentence(request: ApprovalRequest) -> str:
    """Say how a request ended: who decided what, and when."""
    at = f"{request.settled_at:%Y-%m-%d %H:%M:%S} UTC" if request.settled_at else "just now"
    status = request.get_status_display().lower()
    last = request.decisions.order_by("-created_at").first()
    if request.status == RequestStatus.TIMED_OUT:
        return f"This request timed out on {at}."
    if request.status == RequestStatus.CANCELLED:
        return f"This request was cancelled on {at}: nobody needs the answer any more."
    if last is None:
        return f"This request was {status} automatically on {at}."
    return f"This request was settled by {last.user or 'somebody who left'}: {status}, on {at}."


def verdict(request: ApprovalRequest) -> Verdict:
    """Return what a settled request means: all that was said, the last form, and by whom."""
    decisions = list(request.decisions.select_related("user"))
    spoken = [decision.comment for decision in decisions if decision.comment]
    forms = [decision.form for decision in decisions if decision.form is not None]
    return Verdict(
        status=request.status,
        comment="\n\n".join(spoken),
        form=forms[-1] if forms else None,
        decided_by=tuple(decision.user.email if decision.user else "system" for decision in decisions),
    )


def revisions(request: ApprovalRequest) -> list[ApprovalRequest]:
    """Return the request and those it revises, newest first."""
    chain = [request]
    while chain[-1].parent is not None:
        chain.append(chain[-1].parent)
    return chain
