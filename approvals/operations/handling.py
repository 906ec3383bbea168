"""Who takes a request on: claiming, releasing, handing on."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from approvals import policy, queries
from approvals.models import ApprovalRequest, RequestStatus, Verb
from approvals.operations.answering import require_may_answer
from approvals.operations.common import locked, member_of, note
from convergio import checks
from convergio.errors import Conflict, NotAllowed
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import User
from convergio.workspaces.permissions import Permission


@transaction.atomic
def claim(request: ApprovalRequest, *, by: Actor) -> ApprovalRequest:
    """Take a request on: it leaves the boxes of the others who are asked. Raises Conflict when somebody has it."""
    by.require(Permission.DECIDE)
    ours = locked(request, by)
    require_may_answer(ours, by)
    if ours.claimed_by_id == by.user.pk:  # type: ignore[union-attr]
        return ours
    if ours.claimed_by is not None and ours.claimed_at is not None:
        raise Conflict(f"{ours.claimed_by} claimed it on {ours.claimed_at:%Y-%m-%d %H:%M:%S} UTC.")
    _set_claim(ours, by.user, timezone.now())
    note(ours, Verb.CLAIMED, by=by, changes={"claimed_by": [None, _email(by.user)]})
    return ours


@transaction.atomic
def release(request: ApprovalRequest, *, by: Actor) -> ApprovalRequest:
    """Give a claimed request back to everybody who is asked; admins may do it for others."""
    by.require(Permission.DECIDE)
    ours = locked(request, by)
    if ours.status != RequestStatus.PENDING:
        raise Conflict(queries.settled_sentence(ours))
    was = ours.claimed_by
    if was is None:
        return ours
    if was != by.user and not by.may(Permission.ADMINISTER):
        raise NotAllowed(f"{was} has claimed it; they or an admin may release it.")
    _set_claim(ours, None, None)
    note(ours, Verb.RELEASED, by=by, about=[was], changes={"claimed_by": [_email(was), None]})
    return ours


@transaction.atomic
def delegate(request: ApprovalRequest, to: User, *, by: Actor, comment: str = "") -> ApprovalRequest:
    """Hand a request on: from now on it is addressed to that person and theirs; admins may do it for others.

    Where you were asked by name they are asked in your stead; where a group or role was asked, they are asked too,
    and under the quorum `all` their approval covers yours.
    """
    by.require(Permission.DECIDE)
    comment = checks.text(comment, "comment", most=10_000)
    ours = locked(request, by)
    _require_may_hand_on(ours, by)
    member = member_of(to, by)
    _require_may_take(ours, member.user, by)
    was = list(ours.assignees)
    ours.assignees = _handed_on(was, _email(by.user), member.user.email)
    ours.save(update_fields=["assignees"])
    _set_claim(ours, member.user, timezone.now())
    changes: dict[str, list[Any]] = {"assignees": [was, ours.assignees]}
    note(ours, Verb.DELEGATED, by=by, text=comment, about=[member.user], changes=changes)
    return ours


def _require_may_hand_on(request: ApprovalRequest, by: Actor) -> None:
    if request.status != RequestStatus.PENDING:
        raise Conflict(queries.settled_sentence(request))
    if by.user is not None and queries.asked(request, ()).barred(by.user.pk):
        raise NotAllowed(
            "Whoever asked for this approval may not choose who decides it; somebody else has to."
        )
    if not by.may(Permission.ADMINISTER):
        require_may_answer(request, by)


def _require_may_take(request: ApprovalRequest, to: User, by: Actor) -> None:
    if to == by.user:
        raise checks.refuse("to", "Hand it on to somebody else; to take it on yourself, claim it.")
    members = {one.person: one for one in queries.candidates(by.workspace)}
    candidate = members[to.pk]
    if candidate.role not in policy.DECIDING_ROLES:
        raise checks.refuse("to", f"{to} may only look; the role viewer decides nothing.")
    asked = queries.asked(request)
    if asked.barred(to.pk):
        raise checks.refuse("to", f"{to} asked for this, and somebody else has to decide it.")
    if to.pk in asked.answered:
        raise checks.refuse("to", f"{to} has answered this request already.")


def _handed_on(assignees: list[str], giver: str, taker: str) -> list[str]:
    old, new = f"user:{giver.lower()}", f"user:{taker.lower()}"
    replaced = [new if token == old else token for token in assignees]
    return list(dict.fromkeys([*replaced, new]))


def _set_claim(request: ApprovalRequest, user: User | None, at: datetime | None) -> None:
    request.claimed_by, request.claimed_at = user, at
    request.save(update_fields=["claimed_by", "claimed_at"])


def _email(user: User | None) -> str:
    return user.email if user else ""
