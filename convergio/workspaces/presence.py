"""Whether somebody who opened something long-lived is still welcome: a socket or a stream outlives what let it in."""

import uuid
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from convergio.workspaces.models import Member, User

LOOK_S = 20.0
"""Seconds between two looks; who is no longer welcome is let out at the latest after so many."""


def signed_in(session_key: str | None) -> User | None:
    """Return whose session this is now; None once it ended, or its person changed the password or was let go."""
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None


def is_member(user: User, workspace_id: uuid.UUID) -> bool:
    """Tell whether somebody belongs to a workspace."""
    return Member.objects.filter(user=user, workspace_id=workspace_id).exists()
