"""Importing workflows: a file that was dropped or chosen, or text that was pasted."""

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
from workflows import importing
from workflows.autogen_import import Fate, Reading
from workflows.views.finding import picture_of

MOST_BYTES = 2_500_000


@require_http_methods(["GET", "POST"])
@page
def workflow_import(request: PageRequest) -> HttpResponse:
    """Make a workflow from a JSON document. What comes from elsewhere is shown first, and made when confirmed."""
    request.actor.require(Permission.BUILD)
    if request.method == "GET":
        return render(request, "workflows/workflow_import.html", {})
    text, reading = "", None
    try:
        text = _sent(request)
        document = _document(text)
        reading = importing.look(document, by=request.actor)
        if reading and "confirmed" not in request.POST:
            return _preview(request, text, reading)
        return _made(request, document)
    except (InvalidInput, Conflict) as refusal:
        if reading:
            return _preview(request, text, reading, refusal)
        facts = {"text": text[:MOST_BYTES], "name": request.POST.get("name", ""), "refusal": refusal}
        return render(request, "workflows/workflow_import.html", facts, status=refusal.status)


def _made(request: PageRequest, document: Any) -> HttpResponse:
    made = importing.import_document(
        document,
        by=request.actor,
        name=request.POST.get("name", "").strip(),
        agents=request.POST.getlist("agent"),
    )
    messages.success(
        request, f"“{made.workflow.name}” is imported.{made.summary()} Look at it, then publish it."
    )
    return goto(request, reverse("workflow_detail", args=[made.workflow.slug]))


def _preview(
    request: PageRequest, text: str, reading: Reading, refusal: InvalidInput | Conflict | None = None
) -> HttpResponse:
    groups = [
        (title, mark, [one for one in reading.remarks if one.fate is fate])
        for fate, title, mark in (
            (Fate.LOST, "Not carried over", "circle-x"),
            (Fate.CHANGED, "Different here", "triangle-alert"),
            (Fate.KEPT, "Carried over", "circle-check"),
        )
    ]
    facts = {
        "text": text,
        "reading": reading,
        "groups": [group for group in groups if group[2]],
        "picture": picture_of(reading.definition),
        "name": request.POST.get("name", "").strip() or reading.name,
        "chosen": request.POST.getlist("agent") if refusal else [one.slug for one in reading.agents],
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return render(request, "workflows/workflow_import_preview.html", facts, status=status)


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
        return str(sent.read(), "utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("The file is not a text in UTF-8, so it cannot be a workflow.") from None
