"""What may be said to a request, what was said, and how it ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from approvals.models import Activity, Answer, ApprovalRequest, RequestKind, RequestStatus
from convergio.workspaces.actors import Actor


@dataclass(frozen=True, slots=True)
class AnswerOption:
    """One button. `counts_as` is what it means to the quorum, `tone` how it looks: good, bad or plain."""

    id: str
    label: str
    counts_as: str
    tone: str = "plain"
    needs_comment: bool = False


APPROVE: Final = AnswerOption("approve", "Approve", Answer.APPROVE, "good")
REJECT: Final = AnswerOption("reject", "Reject", Answer.REJECT, "bad")
REQUEST_CHANGES: Final = AnswerOption(
    "request_changes", "Request changes", Answer.REQUEST_CHANGES, needs_comment=True
)
SUBMIT: Final = AnswerOption("submit", "Submit", Answer.SUBMIT, "good")
TONES: Final = {Answer.APPROVE: "good", Answer.REJECT: "bad"}
FILLED_IN: Final = frozenset({RequestKind.INPUT, RequestKind.QUESTION})
"""Kinds that are answered with a form, unless they have answers of their own."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a settled request means for whoever opened it. `answer` settled it, "" when time did.

    `data` is what was under review as an approver changed it; None when nobody did.
    """

    status: str
    comment: str
    form: dict[str, Any] | None
    decided_by: tuple[str, ...]
    answer: str = ""
    data: Any = None


def answers_of(request: ApprovalRequest) -> list[AnswerOption]:
    """Return what may be answered, in the order of the buttons."""
    if request.answers:
        usual = [_own(one) for one in request.answers]
    else:
        usual = [SUBMIT] if request.kind in FILLED_IN else [APPROVE, REJECT]
    return [*usual, REQUEST_CHANGES] if request.can_revise else usual


def _own(given: dict[str, Any]) -> AnswerOption:
    counts_as = Answer(given.get("counts_as") or Answer.APPROVE)
    label = str(given.get("label") or given["id"])
    needs_comment = bool(given.get("needs_comment"))
    return AnswerOption(str(given["id"]), label, counts_as, TONES.get(counts_as, "plain"), needs_comment)


def database_time() -> datetime:
    """Return what time it is for the database, by which requests expire whatever the clocks of processes say."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def settled_sentence(request: ApprovalRequest) -> str:
    """Say how a request ended: who decided what, and when."""
    at = f"{request.settled_at:%Y-%m-%d %H:%M:%S} UTC" if request.settled_at else "just now"
    status = _said(request)
    last = request.decisions.order_by("-created_at").first()
    if request.status == RequestStatus.TIMED_OUT:
        return f"This request timed out on {at}."
    if request.status == RequestStatus.CANCELLED:
        return f"This request was cancelled on {at}: nobody needs the answer any more."
    if last is None:
        return f"This request was {status} automatically on {at}."
    return f"This request was settled by {last.user or 'somebody who left'}: {status}, on {at}."


def _said(request: ApprovalRequest) -> str:
    own = {str(one["id"]): str(one.get("label") or one["id"]) for one in request.answers}
    return f"“{own[request.outcome]}”" if request.outcome in own else request.get_status_display().lower()


def verdict(request: ApprovalRequest) -> Verdict:
    """Return what a settled request means: all that was said, the last form, and by whom."""
    decisions = list(request.decisions.select_related("user"))
    spoken = [decision.comment for decision in decisions if decision.comment]
    forms = [decision.form for decision in decisions if decision.form is not None]
    edited = [one.data for one in decisions if one.data is not None and one.counts_as == Answer.APPROVE]
    return Verdict(
        status=request.status,
        comment="\n\n".join(spoken),
        form=forms[-1] if forms else None,
        decided_by=tuple(decision.user.email if decision.user else "system" for decision in decisions),
        answer=request.outcome,
        data=edited[-1] if edited else None,
    )


def revisions(request: ApprovalRequest) -> list[ApprovalRequest]:
    """Return the request and those it revises, newest first."""
    chain = [request]
    while chain[-1].parent is not None:
        chain.append(chain[-1].parent)
    return chain


def activities(request: ApprovalRequest) -> QuerySet[Activity]:
    """Return what happened around a request besides the answers, oldest first."""
    return request.activities.select_related("user").prefetch_related("about")


def is_watching(request: ApprovalRequest, actor: Actor) -> bool:
    """Tell whether the actor hears of everything that happens to a request."""
    return actor.user is not None and request.watches.filter(user=actor.user).exists()
