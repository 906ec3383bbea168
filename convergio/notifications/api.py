"""News over HTTP: the list, reading, preferences."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from convergio.notifications import operations, queries
from convergio.notifications.models import Kind, Notification
from convergio.rest.auth import actor_of
from convergio.rest.bodies import Body
from convergio.rest.paging import Page, Paging, paged
from convergio.workspaces.permissions import Permission

router = Router(tags=["Notifications"])


class NotificationOut(Schema):
    """One piece of news for you. `about` names the thing it is about, `url` is the path of its page."""

    id: UUID
    kind: Kind
    title: str
    body: str
    url: str
    about: str
    actor: str | None = None
    created_at: datetime
    read_at: datetime | None

    @staticmethod
    def resolve_actor(news: Notification) -> str | None:
        return news.actor.email if news.actor else None


class NotificationFilters(Schema):
    """Narrow the list."""

    unread: bool = False
    kind: Kind | None = None


class ReadingIn(Body):
    """Which news were read; all of them when `ids` is left out."""

    ids: list[UUID] | None = None


class ReadingOut(Schema):
    """How many were unread before."""

    read: int


class WaysOut(Schema):
    """How you hear of a kind of news."""

    page: bool
    email: bool


class WaysIn(Body):
    """How you want to hear of a kind of news."""

    page: bool
    email: bool


class PreferencesIn(Body):
    """The kinds to change; what is not named stays."""

    preferences: dict[Kind, WaysIn]


class PreferencesOut(Schema):
    """How you hear of each kind of news."""

    preferences: dict[Kind, WaysOut]


@router.get("/notifications", response=Page[NotificationOut])
def list_notifications(
    request: HttpRequest, filters: Query[NotificationFilters], paging: Query[Paging]
) -> Any:
    """Your own news of this workspace, the newest first."""
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    rows = queries.unread(actor) if filters.unread else queries.visible_to(actor)
    return paged(rows.filter(kind=filters.kind) if filters.kind else rows, paging)


@router.post("/notifications/reading", response=ReadingOut)
def read_notifications(request: HttpRequest, payload: ReadingIn) -> Any:
    """Count some, or all, as read."""
    return {"read": operations.read(by=actor_of(request), ids=payload.ids)}


@router.get("/notifications/preferences", response=PreferencesOut)
def get_preferences(request: HttpRequest) -> Any:
    """How you hear of each kind of news of this workspace."""
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    return _shown(queries.ways_of(actor))


@router.patch("/notifications/preferences", response=PreferencesOut)
def set_preferences(request: HttpRequest, payload: PreferencesIn) -> Any:
    """Say how you want to hear of some kinds."""
    wanted = {kind.value: ways.dict() for kind, ways in payload.preferences.items()}
    return _shown(operations.set_preferences(wanted, by=actor_of(request)))


def _shown(ways: dict[Kind, queries.Ways]) -> dict[str, Any]:
    return {"preferences": {kind: {"page": way.page, "email": way.email} for kind, way in ways.items()}}
