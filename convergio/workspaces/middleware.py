"""Which workspace a request is about: the one in the session, else the person's first."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Member

SESSION_KEY = "workspace"


def member_of(request: HttpRequest) -> Member | None:
    """Return the signed-in person's membership in their current workspace."""
    if not request.user.is_authenticated:
        return None
    memberships = Member.objects.select_related("workspace", "user").filter(user=request.user).order_by("id")
    chosen = request.session.get(SESSION_KEY)
    return (memberships.filter(workspace_id=chosen).first() if chosen else None) or memberships.first()


def client_address(request: HttpRequest) -> str | None:
    """Return where a request came from."""
    return request.META.get("REMOTE_ADDR") or None


class CurrentWorkspaceMiddleware:
    """Sets `request.member` and `request.actor` (both None for strangers)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Attach the member, then go on."""
        member = member_of(request)
        request.member = member  # type: ignore[attr-defined]
        request.actor = member and Actor.of(  # type: ignore[attr-defined]
            member, via="page", address=client_address(request)
        )
        return self.get_response(request)
