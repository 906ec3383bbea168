"""Who asks: an API key in the Authorization header, or a signed-in person whose unsafe calls carry a CSRF token."""

import dataclasses
import hashlib
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer

from convergio.errors import NotAllowed, NotSignedIn
from convergio.rest import limits
from convergio.workspaces import presence
from convergio.workspaces.actors import Actor
from convergio.workspaces.keys import authenticate_key
from convergio.workspaces.middleware import client_address
from convergio.workspaces.permissions import Permission


class Homeless(NotAllowed):
    """You belong to no workspace yet; ask an admin to let you in."""


class KeyAuth(HttpBearer):
    """`Authorization: Bearer cvg_…`, with the scopes of the key."""

    openapi_name = "ApiKey"

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """Return whom the key acts for. Raises NotSignedIn, RateExceeded, or NotAllowed for a key without scopes."""
        limits.take(f"key:{hashlib.sha256(token.encode()).hexdigest()[:32]}")
        actor = authenticate_key(token, address=client_address(request))
        actor.require(Permission.VIEW)
        return actor


class SessionAuth(APIKeyCookie):
    """The session of a signed-in person; unsafe methods need the header X-CSRFToken."""

    openapi_name = "Session"
    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Actor | None:
        """Ask for a CSRF token only where there is a session to protect."""
        return super().__call__(request) if request.user.is_authenticated else None

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor:
        """Return the person in their current workspace. Raises Homeless or RateExceeded."""
        limits.take(f"user:{request.user.pk}")
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None:
            raise Homeless
        return dataclasses.replace(actor, via="api")


BOTH: list[Any] = [KeyAuth(), SessionAuth()]
"""A key is looked at first; where there is none, the session."""


def still_welcome(request: HttpRequest) -> bool:
    """Tell whether who began an answer that goes on would still be let in: by key, or by session and membership."""
    actor = actor_of(request)
    if actor.scopes is not None:
        try:
            key = request.headers["Authorization"].split(" ", 1)[1]
            return authenticate_key(key).workspace == actor.workspace
        except NotSignedIn:
            return False
    user = presence.signed_in(request.session.session_key)
    return user is not None and user == actor.user and presence.is_member(user, actor.workspace.pk)


def actor_of(request: HttpRequest) -> Actor:
    """Return who asks, as authentication found out."""
    return cast(Actor, request.auth)  # type: ignore[attr-defined]
