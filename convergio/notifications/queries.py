"""Reads: news for a person, and how a person wants to hear of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from convergio.notifications.models import Kind, Notification, Preference
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import User, Workspace
from convergio.workspaces.permissions import Permission


@dataclass(frozen=True, slots=True)
class Ways:
    """How somebody hears of a kind of news: in the pages, by e-mail, both, or not at all."""

    page: bool
    email: bool


DEFAULTS: Final[Mapping[Kind, Ways]] = {
    Kind.ASKED: Ways(page=True, email=True),
    Kind.DELEGATED: Ways(page=True, email=True),
    Kind.MENTIONED: Ways(page=True, email=True),
    Kind.REMINDER: Ways(page=True, email=True),
    Kind.ESCALATION: Ways(page=True, email=True),
    Kind.CHANGED: Ways(page=True, email=False),
    Kind.LATE: Ways(page=True, email=False),
}
"""What holds for who has chosen nothing: whoever has to do something gets a mail as well."""


def visible_to(actor: Actor) -> QuerySet[Notification]:
    """Return the actor's own news of the workspace, newest first."""
    if actor.user is None or not actor.may(Permission.VIEW):
        return Notification.objects.none()
    mine = Notification.objects.filter(user=actor.user, workspace=actor.workspace, is_shown=True)
    return mine.select_related("actor")


def unread(actor: Actor) -> QuerySet[Notification]:
    """Return the actor's news that they have not read."""
    return visible_to(actor).filter(read_at=None)


def ways_of(actor: Actor) -> dict[Kind, Ways]:
    """Return how the actor hears of each kind of news."""
    if actor.user is None:
        return dict(DEFAULTS)
    return ways(actor.workspace, [actor.user])[actor.user.pk]


def ways(workspace: Workspace, users: Collection[User]) -> dict[int, dict[Kind, Ways]]:
    """Return how each of some people hears of each kind of news, by their key."""
    found = {user.pk: dict(DEFAULTS) for user in users}
    for row in Preference.objects.filter(workspace=workspace, user__in=found):
        found[row.user_id][Kind(row.kind)] = Ways(row.page, row.email)
    return found
