"""Making workflows and changing their drafts as JSON."""

import json
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

MOST_BYTES = 2_500_000


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
    return goto(request, reverse("workflow_draft", args=[made.slug]))


@require_http_methods(["GET", "POST"])
@page
def workflow_import(request: PageRequest) -> HttpResponse:
    """Make a workflow from a JSON document: a file, or text that was pasted."""
    request.actor.require(Permission.BUILD)
    if request.method == "GET":
        return render(request, "workflows/workflow_import.html", {})
    text = ""
    try:
        text = _sent(request)
        name = request.POST.get("name", "").strip()
        made = operations.import_workflow(_document(text), by=request.actor, name=name)
    except InvalidInput as refusal:
        facts = {"text": text[:MOST_BYTES], "refusal": refusal}
        return render(request, "workflows/workflow_import.html", facts, status=422)
    messages.success(request, f"“{made.name}” is imported. Look at it, then publish it.")
    return goto(request, reverse("workflow_detail", args=[made.slug]))


def _document(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"That is not valid JSON: {error}.") from None


def _sent(request: PageRequest) -> str:
    sent = request.FILES.get("file")
    if sent is None:
        return request.POST.get("text", "")
    if (sent.size or 0) > MOST_BYTES:
        raise InvalidInput("The file is too large for a workflow; at most 2.5 MB are read.")
    try:
        return str(sent.read(), "utf-8")
    except UnicodeDecodeError:
        raise InvalidInput("The file is not a text in UTF-8, so it cannot be a workflow.") from None
