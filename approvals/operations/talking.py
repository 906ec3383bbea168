"""Talking about a request, and hearing of it."""

import re
from collections.abc import Iterable

from django.db import transaction

from approvals.models import Activity, ApprovalRequest, Verb, Watch
from approvals.operations.common import announce, changed, locked, note
from convergio import checks
from convergio.audit.operations import record
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Member, User
from convergio.workspaces.permissions import Permission

MENTION = re.compile(r"(?<![\w@.])@([\w.+-]+(?:@[\w-]+(?:\.[\w-]+)+)?)")


@transaction.atomic
def comment(request: ApprovalRequest, text: str, *, by: Actor) -> Activity:
    """Say something about a request. Members mentioned as @e-mail or @first-name watch it from then on."""
    by.require(Permission.DECIDE)
    said = checks.text(text, "text", least=1, most=10_000)
    ours = locked(request, by)
    mentioned = [user for user in _mentioned(said, by) if user != by.user]
    Watch.objects.bulk_create((Watch(request=ours, user=user) for user in mentioned), ignore_conflicts=True)
    activity = note(ours, Verb.COMMENTED, by=by, text=said, about=mentioned)
    if mentioned:
        changed(ours, "mentioned", by.user, mentioned)
    return activity


def mentions(text: str) -> list[str]:
    """Return what stands behind each @ of a text, in small letters. Pure."""
    return list(dict.fromkeys(found.rstrip(".-+").lower() for found in MENTION.findall(text)))


def _mentioned(text: str, by: Actor) -> list[User]:
    wanted = set(mentions(text))
    if not wanted:
        return []
    members = Member.objects.filter(workspace=by.workspace, user__is_active=True).select_related("user")
    return [member.user for member in members if not wanted.isdisjoint(_names(member.user))]


def _names(user: User) -> Iterable[str]:
    first = user.name.split()[0].lower() if user.name.split() else ""
    return {user.email.lower(), first} - {""}


@transaction.atomic
def watch(request: ApprovalRequest, *, by: Actor) -> ApprovalRequest:
    """Hear of everything that happens to a request."""
    by.require(Permission.VIEW)
    ours = locked(request, by)
    if by.user is not None and Watch.objects.get_or_create(request=ours, user=by.user)[1]:
        record(by, "approval.watch", ours)
        announce(ours)
    return ours


@transaction.atomic
def unwatch(request: ApprovalRequest, *, by: Actor) -> ApprovalRequest:
    """Hear no more of it than what is addressed to you."""
    by.require(Permission.VIEW)
    ours = locked(request, by)
    if by.user is not None and Watch.objects.filter(request=ours, user=by.user).delete()[0]:
        record(by, "approval.unwatch", ours)
        announce(ours)
    return ours
