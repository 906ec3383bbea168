"""What the frame of every page shows of this app."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from convergio.live import person_topic
from convergio.notifications import queries
from convergio.workspaces.actors import Actor


def context(request: HttpRequest) -> dict[str, Any]:
    """Give templates the number of news that this person has not read, and where more of it is heard."""
    actor: Actor | None = getattr(request, "actor", None)
    user = actor.user if actor else None
    return {
        "unread_news": SimpleLazyObject(lambda: queries.unread(actor).count() if actor else 0),
        "news_topic": person_topic(user.pk) if user else "",
    }
