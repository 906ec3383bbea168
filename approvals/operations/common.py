"""What every write on a request shares: the lock, and telling whoever wants to hear."""

from collections.abc import Iterable
from typing import Any

from approvals.models import Activity, ApprovalRequest, Verb
from approvals.signals import request_changed
from convergio.audit.operations import record
from convergio.errors import NotFound
from convergio.live import publish_on_commit, workspace_topic
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Member, User


def locked(request: ApprovalRequest, by: Actor) -> ApprovalRequest:
    """Return the request, ours until the transaction ends: who comes second sees what the first one did."""
    # Nothing is joined: of a row that was waited for PostgreSQL gives the new values, of joined rows the old ones.
    rows = ApprovalRequest.objects.select_for_update().filter(workspace=by.workspace)
    found = rows.filter(pk=request.pk).first()
    if found is None:
        raise NotFound("There is no such request in this workspace.")
    found.workspace = by.workspace
    return found


def announce(request: ApprovalRequest) -> None:
    """Have open pages fetch what changed, after the commit."""
    topic = workspace_topic(request.workspace_id)
    publish_on_commit(topic, {"type": "poke", "seq": 0, "about": "approvals", "id": str(request.pk)})


def changed(
    request: ApprovalRequest, verb: str, user: User | None = None, about: Iterable[User] = ()
) -> None:
    """Tell upwards, inside the transaction, what somebody (or time: no user) did to a request."""
    request_changed.send(sender=ApprovalRequest, request=request, verb=verb, user=user, about=list(about))


def note(
    request: ApprovalRequest,
    verb: Verb,
    *,
    by: Actor,
    text: str = "",
    about: Iterable[User] = (),
    changes: dict[str, list[Any]] | None = None,
) -> Activity:
    """Save what was done to a request besides answering, with its audit entry, and tell everybody."""
    people = list(about)
    activity = Activity.objects.create(request=request, user=by.user, verb=verb, text=text)
    activity.about.set(people)
    record(by, f"approval.{AUDITED[verb]}", request, changes)
    changed(request, verb, by.user, people)
    announce(request)
    return activity


AUDITED = {
    Verb.OPENED: "open",
    Verb.COMMENTED: "comment",
    Verb.CLAIMED: "claim",
    Verb.RELEASED: "release",
    Verb.DELEGATED: "delegate",
    Verb.REMINDED: "remind",
    Verb.ESCALATED: "escalate",
}
"""How the audit trail names each act."""


def member_of(user: User, by: Actor) -> Member:
    """Return a person's membership in the actor's workspace. Raises NotFound."""
    members = Member.objects.filter(workspace=by.workspace, user=user, user__is_active=True)
    found = members.select_related("user").first()
    if found is None:
        raise NotFound("This person is not in this workspace.")
    return found
