"""Every write on requests. One answer, timeout or withdrawal settles a request; all others are told."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from approvals import policy, queries, schema
from approvals.models import Answer, ApprovalRequest, Decision, RequestKind, RequestStatus
from approvals.signals import request_settled
from convergio import checks
from convergio.audit.operations import record
from convergio.errors import Conflict, InvalidInput, NotAllowed, NotFound
from convergio.live import publish_on_commit, workspace_topic
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import User
from convergio.workspaces.permissions import Permission

log = logging.getLogger(__name__)

ANSWERS = {
    RequestKind.APPROVAL: (Answer.APPROVE, Answer.REJECT, Answer.REQUEST_CHANGES),
    RequestKind.INPUT: (Answer.SUBMIT,),
}
"""What may be answered to each kind of request."""
NEEDS_FORM = (Answer.APPROVE, Answer.SUBMIT)
"""Answers that count only with a rightly filled form, when the request has one."""


def open_request(
    *,
    by: Actor,
    title: str,
    assignees: Iterable[str],
    kind: str = RequestKind.APPROVAL,
    description: str = "",
    data: Any = None,
    form: dict[str, Any] | None = None,
    quorum: str | int = "any",
    can_revise: bool = False,
    separation_of_duties: bool = False,
    requested_by: User | None = None,
    origin: str = "",
    origin_path: str = "",
    origin_label: str = "",
    round: int = 0,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    auto_approve_at: datetime | None = None,
) -> ApprovalRequest:
    """Ask people, once per origin, path and round: a second call returns the request that is there."""
    if not policy.is_quorum(str(quorum)):
        raise checks.refuse("quorum", f"“{quorum}” is no quorum; use any, all or a number from 1 to 50.")
    facts = {
        "workspace": by.workspace,
        "kind": kind,
        "title": title[:200],
        "description": description,
        "data": data,
        "form": form,
        "assignees": _tokens(assignees),
        "quorum": str(quorum),
        "can_revise": can_revise,
        "separation_of_duties": separation_of_duties,
        "requested_by": requested_by,
        "origin_label": origin_label[:300],
        "due_at": due_at,
        "expires_at": expires_at,
        "auto_approve_at": auto_approve_at,
    }
    with transaction.atomic():
        request, made = _get_or_open(facts, origin, origin_path, round)
        if made:
            record(by, "approval.open", request, {"assignees": [None, request.assignees]})
            _announce(request)
    return request


def _get_or_open(
    facts: dict[str, Any], origin: str, origin_path: str, number: int
) -> tuple[ApprovalRequest, bool]:
    if not origin:
        return ApprovalRequest.objects.create(**facts, origin_path=origin_path, round=number), True
    before = ApprovalRequest.objects.filter(origin=origin, origin_path=origin_path, round__lt=number)
    parent = before.order_by("-round").first()
    return ApprovalRequest.objects.get_or_create(
        origin=origin, origin_path=origin_path, round=number, defaults={**facts, "parent": parent}
    )


def _tokens(assignees: Iterable[str]) -> list[str]:
    kept = (token.strip() for token in assignees)
    return list(dict.fromkeys(token.lower() if token.startswith("user:") else token for token in kept))


def decide(
    request: ApprovalRequest,
    answer: str,
    *,
    by: Actor,
    comment: str = "",
    form: dict[str, Any] | None = None,
) -> ApprovalRequest:
    """Answer a request: approve, reject or request_changes. Raises Conflict when it is settled."""
    if answer not in ANSWERS[RequestKind.APPROVAL]:
        known = ", ".join(ANSWERS[RequestKind.APPROVAL])
        raise checks.refuse("answer", f"“{answer}” is no answer; use one of {known}.")
    return _answer(request, Answer(answer), by, comment, form)


def submit(
    request: ApprovalRequest, values: dict[str, Any], *, by: Actor, comment: str = ""
) -> ApprovalRequest:
    """Fill the form of an input request. Raises InvalidInput with one detail per field that does not fit."""
    return _answer(request, Answer.SUBMIT, by, comment, values)


@transaction.atomic
def _answer(
    request: ApprovalRequest, answer: Answer, by: Actor, comment: str, form: dict[str, Any] | None
) -> ApprovalRequest:
    by.require(Permission.DECIDE)
    comment = checks.text(comment, "comment", most=10_000)
    locked = _locked(request, by)
    _require_may_answer(locked, by)
    _require_fitting(locked, answer, comment, form)
    Decision.objects.create(
        request=locked,
        user=by.user,
        answer=answer,
        counts_as=answer,
        comment=comment,
        form=form,
        via=by.via,
    )
    status = _outcome(locked)
    changes: dict[str, list[Any]] = {"answer": [None, answer.value]}
    if status is not None:
        changes["status"] = [locked.status, status]
        _settle(locked, status)
    record(by, "approval.decide", locked, changes)
    _announce(locked)
    return locked


def _locked(request: ApprovalRequest, by: Actor) -> ApprovalRequest:
    """Return the request, ours until the transaction ends: who comes second sees what the first one did."""
    rows = ApprovalRequest.objects.select_for_update(of=("self",)).filter(workspace=by.workspace)
    found = rows.filter(pk=request.pk).first()
    if found is None:
        raise NotFound("There is no such request in this workspace.")
    return found


def _require_may_answer(request: ApprovalRequest, by: Actor) -> None:
    if request.status != RequestStatus.PENDING:
        raise Conflict(queries.settled_sentence(request))
    if by.user is None:
        raise NotAllowed("Requests are answered by people.")
    if request.expires_at and request.expires_at <= queries.database_time():
        raise Conflict(f"This request timed out on {request.expires_at:%Y-%m-%d %H:%M:%S} UTC.")
    reason = queries.refusal(request, by)
    if reason and request.decisions.filter(user=by.user).exists():
        raise Conflict(reason)
    if reason:
        raise NotAllowed(reason)


def _require_fitting(
    request: ApprovalRequest, answer: Answer, comment: str, form: dict[str, Any] | None
) -> None:
    if answer not in ANSWERS[RequestKind(request.kind)]:
        fitting = ", ".join(ANSWERS[RequestKind(request.kind)])
        raise InvalidInput(f"This request is answered with {fitting}, not with {answer}.")
    if answer == Answer.REQUEST_CHANGES and not request.can_revise:
        raise InvalidInput("Nothing can be revised here: this request is approved or rejected.")
    if answer == Answer.REQUEST_CHANGES and not comment:
        raise checks.refuse("comment", "Say in the comment what should change.")
    if form is not None:
        checks.json_document(form, field="form", most_bytes=500_000)
    if request.form is not None and (form is not None or answer in NEEDS_FORM):
        schema.check({} if form is None else form, request.form)


def _outcome(request: ApprovalRequest) -> str | None:
    decisions = request.decisions.all()
    answers = {
        decision.user_id or -number: decision.counts_as for number, decision in enumerate(decisions, 1)
    }
    meant: frozenset[int] = frozenset()
    if request.quorum != "any":
        meant = policy.assigned(request.assignees, queries.candidates(request.workspace))
        duties = request.separation_of_duties and request.requested_by_id
        meant = meant - {request.requested_by_id} if duties else meant
    return policy.outcome(request.quorum, meant, answers)


def _settle(request: ApprovalRequest, status: str) -> bool:
    """Claim the end of a request: True for the one who gets it. Tells upwards inside this transaction."""
    now = timezone.now()
    pending = ApprovalRequest.objects.filter(pk=request.pk, status=RequestStatus.PENDING)
    if not pending.update(status=status, settled_at=now):
        return False
    request.status, request.settled_at = status, now
    request_settled.send(sender=ApprovalRequest, request=request)
    return True


@transaction.atomic
def withdraw(origin: str, origin_path: str, round: int) -> bool:
    """Cancel a pending request because nobody needs the answer any more; whoever opened it knows already."""
    rows = ApprovalRequest.objects.filter(
        origin=origin, origin_path=origin_path, round=round, status=RequestStatus.PENDING
    )
    request = rows.select_related("workspace").first()
    if request is None or not rows.update(status=RequestStatus.CANCELLED, settled_at=timezone.now()):
        return False
    record(
        Actor.system(request.workspace), "approval.withdraw", request, {"status": ["pending", "cancelled"]}
    )
    _announce(request)
    return True


def expire_due(now: datetime | None = None, *, limit: int = 200) -> int:
    """Time out or approve automatically what is due (now, by the database's clock); return how many.

    One bad row never stops the others.
    """
    now = now or queries.database_time()
    due = ApprovalRequest.objects.filter(status=RequestStatus.PENDING)
    due = due.filter(Q(expires_at__lte=now) | Q(auto_approve_at__lte=now)).order_by("created_at")
    return sum(_expire_safely(request, now) for request in due.select_related("workspace")[:limit])


def _expire_safely(request: ApprovalRequest, now: datetime) -> bool:
    try:
        return _expire(request, now)
    except Exception:
        log.exception("request %s could not be expired", request.pk)
        return False


@transaction.atomic
def _expire(request: ApprovalRequest, now: datetime) -> bool:
    status = _status_by_time(request, now)
    if not _settle(request, status):
        return False
    by = Actor.system(request.workspace)
    record(by, "approval.expire", request, {"status": ["pending", status]})
    _announce(request)
    return True


def _status_by_time(request: ApprovalRequest, now: datetime) -> str:
    """Return what time makes of a request; the earlier of the two times counts."""
    approve, expire = request.auto_approve_at, request.expires_at
    if approve is not None and approve <= now and (expire is None or approve <= expire):
        return RequestStatus.APPROVED
    return RequestStatus.TIMED_OUT


def _announce(request: ApprovalRequest) -> None:
    topic = workspace_topic(request.workspace_id)
    publish_on_commit(topic, {"type": "poke", "seq": 0, "about": "approvals", "id": str(request.pk)})
