"""Going from one workspace to another."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from convergio.workspaces.middleware import SESSION_KEY
from convergio.workspaces.models import Member


@require_POST
def workspace_choice(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Have all pages be about another workspace of this person."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    member = get_object_or_404(Member, user=request.user, workspace_id=id)
    request.session[SESSION_KEY] = str(member.workspace_id)
    return redirect("home")
