"""What the frame of every page shows of this app."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from approvals import queries
from convergio.workspaces.actors import Actor


def context(request: HttpRequest) -> dict[str, Any]:
    """Give templates the number of requests that wait for this person."""
    actor: Actor | None = getattr(request, "actor", None)
    return {"waiting_count": SimpleLazyObject(lambda: queries.waiting_for(actor).count() if actor else 0)}
