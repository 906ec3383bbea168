"""Pages of news: the list, what the bell shows, and how somebody wants to be told."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from convergio.notifications import operations, queries
from convergio.notifications.models import Kind, Notification
from convergio.pages import PageRequest, goto, page

PER_PAGE = 30


@require_GET
@page
def notification_list(request: PageRequest) -> HttpResponse:
    """One's own news, newest first."""
    news = Paginator(queries.visible_to(request.actor), PER_PAGE).get_page(request.GET.get("page"))
    part = request.htmx and not request.htmx.boosted
    template = "notifications/notification_list.html"
    return render(request, f"{template}#list" if part else template, {"page": news})


@require_GET
@page
def notification_count(request: PageRequest) -> HttpResponse:
    """What the bell shows."""
    return render(request, "notifications/_count.html")


@require_POST
@page
def notification_reading(request: PageRequest) -> HttpResponse:
    """Count one or all as read; with `open` go to what the one is about."""
    wanted, here = request.POST.get("id", ""), reverse("notification_list")
    if not wanted:
        operations.read(by=request.actor)
        return goto(request, here)
    news = _find(request, wanted)
    if news is None:
        return goto(request, here)
    operations.read(by=request.actor, ids=[news.pk])
    return goto(request, (operations.own_path(news.url) if "open" in request.POST else "") or here)


def _find(request: PageRequest, id: str) -> Notification | None:
    try:
        return queries.visible_to(request.actor).filter(pk=UUID(id)).first()
    except ValueError:
        return None


@require_http_methods(["GET", "POST"])
@page
def notification_preferences(request: PageRequest) -> HttpResponse:
    """How somebody wants to hear of each kind of news."""
    if request.method == "POST":
        operations.set_preferences(_wanted(request.POST), by=request.actor)
        messages.success(request, "Saved. This is how you will be told from now on.")
        return goto(request, reverse("notification_preferences"))
    chosen = queries.ways_of(request.actor)
    kinds = [{"id": kind.value, "label": kind.label, "ways": chosen[kind]} for kind in Kind]
    return render(request, "notifications/preferences.html", {"kinds": kinds})


def _wanted(posted: QueryDict) -> dict[str, dict[str, bool]]:
    """A box that is not ticked is not sent, so the form says for every kind what is wanted."""
    boxes: dict[str, Any] = {
        kind: {way: f"{kind}-{way}" in posted for way in ("page", "email")} for kind in Kind.values
    }
    return boxes
