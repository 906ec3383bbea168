"""What the frame of every page shows of this app."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from agents import queries
from convergio.workspaces.actors import Actor


def context(request: HttpRequest) -> dict[str, Any]:
    """Give templates the number of unread notices."""
    actor: Actor | None = getattr(request, "actor", None)
    return {"unread_notices": SimpleLazyObject(lambda: _unread(actor))}


def _unread(actor: Actor | None) -> int:
    return queries.unread_notices(actor).count() if actor else 0
