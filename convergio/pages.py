"""What every page needs: the frame's context, and a decorator that turns refusals into pages."""

from typing import Any

from django.http import HttpRequest


def context(request: HttpRequest) -> dict[str, Any]:
    """Give templates the current member, actor and workspace."""
    member = getattr(request, "member", None)
    return {"member": member, "actor": getattr(request, "actor", None), "workspace": member and member.workspace}
