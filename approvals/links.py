"""Links with which people answer from their mail: signed, for one person and one request, good for one answer.

The token is the whole secret. It names request and person, carries our signature, so that a made-up one is refused
before the database is asked, and is stored as a digest only. A link is made when its mail is sent; looking at its page
changes nothing and uses nothing up, however often a robot that previews links does so.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from approvals import operations, queries
from approvals.models import AnswerLink, ApprovalRequest, RequestStatus
from convergio.errors import Conflict, NotFound
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Member, User

SALT = "approvals.links"
LONGEST = timedelta(days=14)
"""How long a link is good for when its request never expires."""
MOST_CHARACTERS = 400


class LinkUnknown(NotFound):
    """This link is not one of ours, or it was cut off; open the request from the newest mail or in the inbox."""


class LinkSpent(Conflict):
    """This link was used already; each is good for one answer."""


class LinkExpired(Conflict):
    """This link has expired; open the request in the inbox."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who came by a link. `actor` is None once they may no longer answer here at all."""

    link: AnswerLink
    request: ApprovalRequest
    user: User
    actor: Actor | None

    @property
    def is_open(self) -> bool:
        """Whether the link may still be used."""
        return self.link.used_at is None and timezone.now() < self.link.expires_at


def make(request: ApprovalRequest, user: User) -> str:
    """Return the token of a new link; it is known to nobody else and cannot be read again."""
    named = {"r": request.pk.hex, "u": user.pk, "n": secrets.token_urlsafe(24)}
    token = signing.dumps(named, salt=SALT)
    AnswerLink.objects.create(request=request, user=user, digest=_digest(token), expires_at=_end(request))
    return token


def _end(request: ApprovalRequest) -> datetime:
    latest = timezone.now() + LONGEST
    return min(request.expires_at, latest) if request.expires_at else latest


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def path(token: str) -> str:
    """Return where a link leads."""
    return reverse("answer_link", args=[token])


def visit(token: str, address: str | None = None) -> Visit:
    """Return who comes by a link, and to what. Raises LinkUnknown; changes nothing."""
    if len(token) > MOST_CHARACTERS:
        raise LinkUnknown
    try:
        named: dict[str, Any] = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise LinkUnknown from None
    rows = AnswerLink.objects.select_related("user", "request__workspace", "request__requested_by")
    link = rows.filter(digest=_digest(token)).first()
    if link is None or (link.request_id.hex, link.user_id) != (named["r"], named["u"]):
        raise LinkUnknown
    return Visit(link, link.request, link.user, _actor(link, address))


def _actor(link: AnswerLink, address: str | None) -> Actor | None:
    members = Member.objects.select_related("workspace", "user")
    member = members.filter(workspace=link.request.workspace, user=link.user, user__is_active=True).first()
    return Actor.of(member, via="mail", address=address) if member else None


@transaction.atomic
def answer(
    visit: Visit, answer: str, *, comment: str = "", form: dict[str, Any] | None = None
) -> ApprovalRequest:
    """Answer by a link, which is used up by that; an answer that is refused leaves it as it was.

    Raises LinkSpent, LinkExpired, and whatever deciding raises.
    """
    if visit.actor is None:
        raise LinkUnknown
    unused = AnswerLink.objects.filter(pk=visit.link.pk, used_at=None)
    if not unused.update(used_at=timezone.now()):
        raise LinkSpent
    if visit.link.expires_at <= queries.database_time() and visit.request.status == RequestStatus.PENDING:
        raise LinkExpired
    return operations.decide(visit.request, answer, by=visit.actor, comment=comment, form=form)
