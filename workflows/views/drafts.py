"""Making workflows and changing their drafts as JSON."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from convergio.errors import Conflict, InvalidInput
from convergio.pages import PageRequest, goto, page
from convergio.workspaces.permissions import Permission
from workflows import operations, queries
from workflows.models import Workflow
from workflows.views.finding import find, picture_of
from workflows.views.reading import frame


@require_http_methods(["GET", "POST"])
@page
def draft(request: PageRequest, slug: str) -> HttpResponse:
    """The draft as JSON, with what is to be mended beside it. Saving keeps it even when it has findings."""
    workflow = find(request, slug)
    if request.method == "GET":
        return _draft_page(request, workflow, workflow.draft)
    text = request.POST.get("document", "")
    try:
        revision = int(request.POST.get("revision", "") or -1)
        operations.save_draft(workflow, text, revision=revision, by=request.actor)
    except (InvalidInput, Conflict, ValueError) as refusal:
        return _draft_page(request, workflow, text, refusal)
    messages.success(request, "The draft is saved.")
    return goto(request, reverse("workflow_draft", args=[slug]))


def _draft_page(
    request: PageRequest, workflow: Workflow, document: Any, refusal: Exception | None = None
) -> HttpResponse:
    facts = {
        **frame(workflow, "draft"),
        "document": document,
        "is_text": isinstance(document, str),
        "refusal": refusal,
        "picture": picture_of(workflow.draft),
    }
    if refusal:
        facts["findings"] = queries.check(document, workflow.workspace, slug=workflow.slug)
    return render(request, "workflows/workflow_draft.html", facts, status=getattr(refusal, "status", 200))


@require_http_methods(["GET", "POST"])
@page
def workflow_new(request: PageRequest) -> HttpResponse:
    """Begin with an empty workflow."""
    request.actor.require(Permission.BUILD)
    if request.method == "GET":
        return render(request, "workflows/workflow_new.html", {"values": {}})
    values = {key: request.POST.get(key, "").strip() for key in ("name", "description", "category")}
    try:
        made = operations.create(
            by=request.actor,
            name=values["name"],
            description=values["description"],
            category=values["category"],
        )
    except InvalidInput as refusal:
        return render(
            request, "workflows/workflow_new.html", {"values": values, "refusal": refusal}, status=422
        )
    return goto(request, reverse("workflow_editor", args=[made.slug]))
