"""What the frame of every page shows of this app."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from agents.models import Notice
from convergio.workspaces.models import Member


def notices_of(member: Member) -> QuerySet[Notice]:
    """Return what was left for a member, or for everybody in the workspace."""
    mine = Q(user=member.user_id) | Q(user=None)
    return Notice.objects.filter(mine, workspace=member.workspace_id)


def context(request: HttpRequest) -> dict[str, Any]:
    """Give templates the number of unread notices."""
    member: Member | None = getattr(request, "member", None)
    return {"unread_notices": SimpleLazyObject(lambda: _unread(member))}


def _unread(member: Member | None) -> int:
    return notices_of(member).filter(read_at=None).count() if member else 0
