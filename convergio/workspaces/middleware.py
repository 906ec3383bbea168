"""Which workspace a request is about: the one in the session, else the person's first."""

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
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
    """Return where a request came from.

    Behind TRUSTED_PROXIES proxies this is what the outermost of them saw; what a caller writes itself stands before
    that and is not believed.
    """
    nearest = request.META.get("REMOTE_ADDR") or None
    proxies: int = settings.TRUSTED_PROXIES
    seen = [one.strip() for one in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if one.strip()]
    if not proxies or len(seen) < proxies:
        return nearest
    return _address(seen[-proxies]) or nearest


def _address(text: str) -> str | None:
    """Return an IP address as it is written in a header, where it may have a port."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return None


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
