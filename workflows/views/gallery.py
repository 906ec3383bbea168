"""The gallery of templates."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from convergio.errors import InvalidInput
from convergio.pages import PageRequest, goto, page
from workflows import operations, templates
from workflows.picture import picture


@require_GET
@page
def template_list(request: PageRequest) -> HttpResponse:
    """All templates, by category."""
    everything, chosen = templates.all_templates(), request.GET.get("category", "")
    cards = [(one, picture(one.definition)) for one in everything if chosen in ("", one.category)]
    facts = {"cards": cards, "categories": list(templates.categories()), "count": len(everything)}
    return render(request, "workflows/template_list.html", facts)


@require_http_methods(["GET", "POST"])
@page
def template_detail(request: PageRequest, slug: str) -> HttpResponse:
    """One template with its picture; posting makes a workflow of it."""
    template = templates.template(slug)
    facts = {"template": template, "picture": picture(template.definition), "name": template.name}
    if request.method == "GET":
        return render(request, "workflows/template_detail.html", facts)
    name, wanted = (request.POST.get(key, "").strip() for key in ("name", "slug"))
    try:
        made = operations.instantiate(slug, by=request.actor, name=name, slug=wanted)
    except InvalidInput as refusal:
        facts |= {"refusal": refusal, "name": name, "slug": wanted}
        return render(request, "workflows/template_detail.html", facts, status=422)
    messages.success(
        request, f"“{made.name}” is ready." if made.published else f"“{made.name}” is made as a draft."
    )
    return goto(request, reverse("workflow_run" if made.published else "workflow_detail", args=[made.slug]))
