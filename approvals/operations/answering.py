"""Answering requests. Each answer is a transaction of its own; exactly one settles a request."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals import packet, policy, queries, schema
from approvals.models import Answer, ApprovalRequest, Decision, RequestStatus
from approvals.operations.common import announce, changed, locked
from approvals.operations.ending import settle
from approvals.queries import AnswerOption
from convergio import checks
from convergio.audit.operations import record
from convergio.errors import Conflict, ConvergioError, InvalidInput, NotAllowed
from convergio.workspaces.actors import Actor
from convergio.workspaces.permissions import Permission

NEEDS_FORM = (Answer.APPROVE, Answer.SUBMIT)
"""What an answer counts as that counts only with a rightly filled form, when the request has one."""
MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class BulkReport:
    """What became of many: answered, refused with the sentence why, and ids that are not in this workspace."""

    done: list[ApprovalRequest] = field(default_factory=list)
    refused: list[tuple[ApprovalRequest, str]] = field(default_factory=list)
    missing: list[UUID] = field(default_factory=list)


@transaction.atomic
def decide(
    request: ApprovalRequest,
    answer: str,
    *,
    by: Actor,
    comment: str = "",
    form: dict[str, Any] | None = None,
    data: Any = None,
) -> ApprovalRequest:
    """Give one of the request's answers. `data` is what was under review as the person changed it.

    Raises Conflict, which says who was faster, when the request is settled.
    """
    by.require(Permission.DECIDE)
    comment = checks.text(comment, "comment", most=10_000)
    form = {} if answer == Answer.SUBMIT and form is None else form
    ours, seat = locked(request, by), queries.seat_of(by)
    require_may_answer(ours, by, seat)
    option = _option(ours, answer)
    _require_fitting(ours, option, comment, form)
    edited = _edited(ours, option, data)
    Decision.objects.create(
        request=ours,
        user=by.user,
        on_behalf_of=queries.place_of(ours, by, seat),
        answer=option.id,
        counts_as=option.counts_as,
        comment=comment,
        form=form,
        data=edited,
        packet=packet.build(ours, by),
        via=by.via,
    )
    _count(ours, option, by)
    announce(ours)
    return ours


def submit(
    request: ApprovalRequest, values: dict[str, Any], *, by: Actor, comment: str = ""
) -> ApprovalRequest:
    """Fill the form of a request. Raises InvalidInput with one detail per field that does not fit."""
    return decide(request, Answer.SUBMIT, by=by, comment=comment, form=values)


def decide_many(ids: Iterable[UUID], answer: str, *, by: Actor, comment: str = "") -> BulkReport:
    """Give many requests the same answer, each in its own transaction: what is refused stops no other."""
    by.require(Permission.DECIDE)
    wanted = list(dict.fromkeys(ids))
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise checks.refuse("ids", f"Choose between 1 and {MOST_AT_ONCE} requests.")
    found = queries.visible_to(by).in_bulk(wanted)
    report = BulkReport(missing=[one for one in wanted if one not in found])
    for request in (found[one] for one in wanted if one in found):
        try:
            report.done.append(decide(request, answer, by=by, comment=comment))
        except ConvergioError as refusal:
            report.refused.append((request, refusal.sentence))
    return report


def _count(request: ApprovalRequest, option: AnswerOption, by: Actor) -> None:
    """Settle the request if the answers given so far make an outcome."""
    changes: dict[str, list[Any]] = {"answer": [None, option.id]}
    status, was = _outcome(request), request.status
    if status is not None:
        given = request.decisions.values_list("answer", "counts_as")
        changes["status"] = [was, status]
        settle(request, status, policy.chosen(status, given))
    record(by, "approval.decide", request, changes)
    changed(request, "decided", by.user)
    if status is not None:
        changed(request, "settled", by.user)


def require_may_answer(request: ApprovalRequest, by: Actor, seat: queries.Seat | None = None) -> None:
    """Raise Conflict when the request is settled or answered, NotAllowed when it is not this person's to answer."""
    if request.status != RequestStatus.PENDING:
        raise Conflict(queries.settled_sentence(request))
    if by.user is None:
        raise NotAllowed("Requests are answered by people.")
    if request.expires_at and request.expires_at <= queries.database_time():
        raise Conflict(f"This request timed out on {request.expires_at:%Y-%m-%d %H:%M:%S} UTC.")
    reason = queries.refusal(request, by, seat)
    if reason and request.decisions.filter(user=by.user).exists():
        raise Conflict(reason)
    if reason:
        raise NotAllowed(reason)


def _option(request: ApprovalRequest, answer: str) -> AnswerOption:
    options = {option.id: option for option in queries.answers_of(request)}
    if answer in options:
        return options[answer]
    if answer == Answer.REQUEST_CHANGES:
        raise InvalidInput("Nothing can be revised here: this request is approved or rejected.")
    raise checks.refuse(
        "answer", f"“{answer}” is no answer to this request; it is answered with {', '.join(options)}."
    )


def _require_fitting(
    request: ApprovalRequest, option: AnswerOption, comment: str, form: dict[str, Any] | None
) -> None:
    if option.counts_as == Answer.REQUEST_CHANGES and not comment:
        raise checks.refuse("comment", "Say in the comment what should change.")
    if option.needs_comment and not comment:
        raise checks.refuse("comment", f"“{option.label}” needs a comment: say why.")
    if form is not None:
        checks.json_document(form, field="form", most_bytes=500_000)
    if request.form is not None and (form is not None or option.counts_as in NEEDS_FORM):
        schema.check({} if form is None else form, request.form)


def _edited(request: ApprovalRequest, option: AnswerOption, data: Any) -> Any:
    """Return what the person made of what is under review; None when they left it as it is."""
    if data is None or data == request.data:
        return None
    if not request.can_edit:
        raise checks.refuse("data", "What is under review cannot be changed here.")
    if option.counts_as != Answer.APPROVE:
        raise checks.refuse(
            "data", f"Changes to what is under review count only with approval, not with “{option.label}”."
        )
    if request.quorum != "any":
        raise checks.refuse("data", "Several people decide here, so what they look at must stay as it is.")
    if _json_type(data) is not _json_type(request.data) and request.data is not None:
        raise checks.refuse(
            "data", "What is under review must keep its kind: text stays text, a list a list."
        )
    return checks.json_document(data, field="data")


def _json_type(value: Any) -> type:
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)


def _outcome(request: ApprovalRequest) -> str | None:
    voices = [
        policy.Voice(one.counts_as, one.user_id or -number, one.on_behalf_of_id or one.user_id or -number)
        for number, one in enumerate(request.decisions.order_by("created_at"), 1)
    ]
    if request.quorum == "any":
        return policy.outcome("any", (), voices)
    members = queries.candidates(request.workspace)
    stand_ins, seats = queries.stand_ins(request, members), queries.seats(request, members)
    return policy.outcome(request.quorum, queries.meant(request, members), voices, stand_ins, seats)
