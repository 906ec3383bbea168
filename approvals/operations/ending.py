"""How a request ends: settled by an answer, withdrawn, or by time. Whoever comes first wins; all others are told."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from approvals import queries
from approvals.models import Answer, ApprovalRequest, RequestStatus, Verb
from approvals.operations.common import announce, changed, note
from approvals.operations.opening import tokens
from approvals.signals import request_settled
from convergio.audit.operations import record
from convergio.workspaces.actors import Actor

log = logging.getLogger(__name__)


def settle(request: ApprovalRequest, status: str, outcome: str = "") -> bool:
    """Claim the end of a request: True for the one who gets it. Tells upwards inside this transaction."""
    now = timezone.now()
    pending = ApprovalRequest.objects.filter(pk=request.pk, status=RequestStatus.PENDING)
    if not pending.update(status=status, settled_at=now, outcome=outcome):
        return False
    request.status, request.settled_at, request.outcome = status, now, outcome
    request_settled.send(sender=ApprovalRequest, request=request)
    return True


@transaction.atomic
def withdraw(origin: str, origin_path: str, round: int, question: str | None = None) -> bool:
    """Cancel what waits of a round because nobody needs the answer; whoever opened it knows already.

    With `question` (also "") only that one, otherwise all that the round has asked.
    """
    rows = ApprovalRequest.objects.filter(
        origin=origin, origin_path=origin_path, round=round, status=RequestStatus.PENDING
    )
    rows = rows if question is None else rows.filter(question=question)
    withdrawn = [_withdraw(request) for request in rows.select_related("workspace")]
    return any(withdrawn)


def _withdraw(request: ApprovalRequest) -> bool:
    pending = ApprovalRequest.objects.filter(pk=request.pk, status=RequestStatus.PENDING)
    now = timezone.now()
    if not pending.update(status=RequestStatus.CANCELLED, settled_at=now):
        return False
    request.status, request.settled_at = RequestStatus.CANCELLED, now
    by = Actor.system(request.workspace)
    record(by, "approval.withdraw", request, {"status": ["pending", "cancelled"]})
    changed(request, "withdrawn")
    announce(request)
    return True


# what time does


def expire_due(now: datetime | None = None, *, limit: int = 200) -> int:
    """Time out or approve automatically what is due (now, by the database's clock); return how many."""
    now = now or queries.database_time()
    return _each(_waiting(Q(expires_at__lte=now) | Q(auto_approve_at__lte=now)), now, _expire, limit)


def remind_due(now: datetime | None = None, *, limit: int = 200) -> int:
    """Remind of what should be reminded of by now, once each; return how many."""
    now = now or queries.database_time()
    return _each(_waiting(Q(remind_at__lte=now)), now, _remind, limit)


def escalate_due(now: datetime | None = None, *, limit: int = 200) -> int:
    """Ask others too where nobody has settled it in time, once each; return how many."""
    now = now or queries.database_time()
    return _each(_waiting(Q(escalate_at__lte=now)), now, _escalate, limit)


@transaction.atomic
def escalate_soon(origin: str, to: Iterable[str], *, under: str = "") -> int:
    """Have what waits of a run (or of one step and what lies in it) ask others too, at the next look at what is due.

    Return how many requests that concerns: those that do not ask all of them already.
    """
    rows = ApprovalRequest.objects.filter(origin=origin, status=RequestStatus.PENDING)
    inside = [Q(origin_path__startswith=f"{under}{sign}") for sign in (".", "[")]
    rows = rows.filter(Q(origin_path=under) | inside[0] | inside[1]) if under else rows
    return sum(_escalate_soon(request, list(to)) for request in rows.select_for_update(of=("self",)))


def _escalate_soon(request: ApprovalRequest, to: list[str]) -> bool:
    later = [token for token in tokens(to) if token not in request.assignees]
    if later:
        request.escalate_to = list(dict.fromkeys([*request.escalate_to, *later]))
        request.escalate_at = timezone.now()
        request.save(update_fields=["escalate_to", "escalate_at"])
    return bool(later)


def _waiting(rule: Q) -> QuerySet[ApprovalRequest]:
    pending = ApprovalRequest.objects.filter(rule, status=RequestStatus.PENDING)
    return pending.select_related("workspace").order_by("created_at")


def _each(
    rows: QuerySet[ApprovalRequest],
    now: datetime,
    act: Callable[[ApprovalRequest, datetime], bool],
    limit: int,
) -> int:
    """Do it to each; one bad row never stops the others."""
    return sum(_guarded(request, now, act) for request in rows[:limit])


def _guarded(
    request: ApprovalRequest, now: datetime, act: Callable[[ApprovalRequest, datetime], bool]
) -> bool:
    try:
        with transaction.atomic():
            return act(request, now)
    except Exception:
        log.exception("request %s: time could not be given its due", request.pk)
        return False


def _expire(request: ApprovalRequest, now: datetime) -> bool:
    status = _status_by_time(request, now)
    approved = status == RequestStatus.APPROVED
    if not settle(request, status, _approving(request) if approved else ""):
        return False
    by = Actor.system(request.workspace)
    record(by, "approval.expire", request, {"status": ["pending", status]})
    changed(request, "settled" if approved else "timed_out")
    announce(request)
    return True


def _status_by_time(request: ApprovalRequest, now: datetime) -> str:
    """Return what time makes of a request; the earlier of the two times counts."""
    approve, expire = request.auto_approve_at, request.expires_at
    if approve is not None and approve <= now and (expire is None or approve <= expire):
        return RequestStatus.APPROVED
    return RequestStatus.TIMED_OUT


def _approving(request: ApprovalRequest) -> str:
    """Return the answer that stands for approval where time approves: the first that counts as it."""
    options = queries.answers_of(request)
    return next((option.id for option in options if option.counts_as == Answer.APPROVE), "")


def _remind(request: ApprovalRequest, now: datetime) -> bool:
    waiting = ApprovalRequest.objects.filter(
        pk=request.pk, status=RequestStatus.PENDING, remind_at=request.remind_at
    )
    if not waiting.update(remind_at=None):
        return False
    note(request, Verb.REMINDED, by=Actor.system(request.workspace))
    return True


def _escalate(request: ApprovalRequest, now: datetime) -> bool:
    waiting = ApprovalRequest.objects.filter(
        pk=request.pk, status=RequestStatus.PENDING, escalate_at=request.escalate_at
    )
    fresh = waiting.select_for_update(of=("self",)).first()
    if fresh is None:
        return False
    was = list(fresh.assignees)
    request.assignees = list(dict.fromkeys([*was, *fresh.escalate_to]))
    request.escalate_at, request.claimed_by, request.claimed_at = None, None, None
    request.save(update_fields=["assignees", "escalate_at", "claimed_by", "claimed_at"])
    by = Actor.system(request.workspace)
    about = queries.people_named(request.workspace, fresh.escalate_to)
    note(request, Verb.ESCALATED, by=by, about=about, changes={"assignees": [was, request.assignees]})
    return True
