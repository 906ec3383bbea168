"""What is done with a request besides answering it."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from approvals import operations, queries
from approvals.views.inbox import Refused, filters_of, find, narrowed_to, shown
from convergio.errors import InvalidInput
from convergio.pages import PageRequest, goto, page
from convergio.workspaces.permissions import Permission


@require_POST
@page
def claim(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    """Take a request on, or let go of it."""
    act = operations.release if request.POST.get("do") == "release" else operations.claim
    act(find(request, id), by=request.actor)
    return _back(request, id)


@require_POST
@page
def delegation(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    """Hand a request on to a colleague."""
    request.actor.require(Permission.DECIDE)
    asked = find(request, id)
    chosen = request.POST.get("to", "")
    to = next((one for one in queries.colleagues(request.actor) if str(one.pk) == chosen), None)
    if to is None:
        return shown(request, asked, Refused(InvalidInput("Choose who shall decide."), request.POST))
    operations.delegate(asked, to, by=request.actor, comment=request.POST.get("comment", ""))
    messages.success(request, f"{to} was asked to decide.")
    return _back(request, id)


@require_POST
@page
def comments(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    """Say something about a request."""
    asked = find(request, id)
    try:
        operations.comment(asked, request.POST.get("text", ""), by=request.actor)
    except InvalidInput as refusal:
        return shown(request, asked, Refused(refusal, request.POST))
    return _back(request, id)


@require_POST
@page
def watch(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    """Hear of everything that happens to a request, or no longer."""
    act = operations.unwatch if request.POST.get("do") == "unwatch" else operations.watch
    act(find(request, id), by=request.actor)
    return _back(request, id)


def _back(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    return goto(request, narrowed_to(filters_of(request), "approval_detail", id))
