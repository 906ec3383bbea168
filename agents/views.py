"""Pages of the agent catalogue, and what runs left for people to read."""

from itertools import groupby

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from agents import operations, queries
from agents.models import Agent, AgentStatus
from convergio.pages import PageRequest, goto, page


@require_GET
@page
def agent_list(request: PageRequest) -> HttpResponse:
    """The catalogue, shelf by shelf."""
    everybody = queries.visible_to(request.actor).exclude(status=AgentStatus.RETIRED)
    found = _searched(everybody, request.GET.get("q", ""), request.GET.get("category", ""))
    shelves = [(name, list(row)) for name, row in groupby(found, key=lambda agent: agent.category)]
    named = everybody.exclude(category="").order_by("category")
    categories = named.values_list("category", flat=True).distinct()
    facts = {"shelves": shelves, "categories": categories, "count": everybody.count()}
    return render(request, "agents/agent_list.html", facts)


@require_GET
@page
def agent_detail(request: PageRequest, slug: str) -> HttpResponse:
    """One agent: what it is for, its prompt, model and tools."""
    agent = get_object_or_404(queries.visible_to(request.actor), slug=slug)
    facts = {
        "agent": agent,
        "model": queries.first_model(agent),
        "versions": agent.versions.all()[:10],
    }
    return render(request, "agents/agent_detail.html", facts)


@require_GET
@page
def notice_list(request: PageRequest) -> HttpResponse:
    """The newest notices."""
    return render(request, "agents/notice_list.html", {"notices": queries.notices_for(request.actor)[:100]})


@require_POST
@page
def notice_reading(request: PageRequest) -> HttpResponse:
    """Count all notices as read."""
    operations.read_notices(by=request.actor)
    return goto(request, reverse("notice_list"))


def _searched(agents: QuerySet[Agent], text: str, category: str) -> QuerySet[Agent]:
    for word in text.replace("\x00", " ").split()[:10]:
        named = Q(name__icontains=word) | Q(role__icontains=word) | Q(description__icontains=word)
        agents = agents.filter(named | Q(capabilities__icontains=word))
    agents = agents.filter(category=category.replace("\x00", "")) if category else agents
    return agents.order_by("category", "name")
