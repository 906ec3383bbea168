"""Reads over people and workspaces."""

from django.db.models import QuerySet

from convergio.workspaces.actors import Actor
from convergio.workspaces.models import ApiKey, Group, Member, User, Workspace
from convergio.workspaces.permissions import Permission


def workspaces_of(user: User) -> QuerySet[Workspace]:
    """Return the workspaces a person belongs to, by name."""
    return Workspace.objects.filter(members__user=user).order_by("name")


def members_visible_to(actor: Actor) -> QuerySet[Member]:
    """Return the members of the actor's workspace."""
    return Member.objects.filter(workspace=actor.workspace).select_related("user").order_by("user__email")


def groups_visible_to(actor: Actor) -> QuerySet[Group]:
    """Return the groups of the actor's workspace."""
    return Group.objects.filter(workspace=actor.workspace).prefetch_related("members__user").order_by("slug")


def keys_visible_to(actor: Actor) -> QuerySet[ApiKey]:
    """Return one's own API keys, or all of the workspace for who administers."""
    keys = (
        ApiKey.objects.filter(workspace=actor.workspace)
        .select_related("member__user")
        .order_by("-created_at")
    )
    return keys if actor.may(Permission.ADMINISTER) else keys.filter(member__user=actor.user)
