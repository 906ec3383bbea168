"""What may be done with a workflow; each is a small page or form that calls one verb."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from convergio.pages import PageRequest, goto, page
from workflows import operations, queries
from workflows.views.finding import find


@require_POST
@page
def facts(request: PageRequest, slug: str) -> HttpResponse:
    """Change name, description, category and tags."""
    posted = {key: request.POST.get(key, "").strip() for key in ("name", "description", "category")}
    tags = [one.strip() for one in request.POST.get("tags", "").split(",") if one.strip()]
    operations.update(find(request, slug), by=request.actor, tags=tags, **posted)
    messages.success(request, "Saved.")
    return goto(request, reverse("workflow_detail", args=[slug]))


@require_POST
@page
def publication(request: PageRequest, slug: str) -> HttpResponse:
    """Publish the draft as the next version."""
    version = operations.publish(find(request, slug), by=request.actor, note=request.POST.get("note", ""))
    messages.success(request, f"Version {version.number} is published; new runs use it.")
    return goto(request, reverse("workflow_detail", args=[slug]))


@require_POST
@page
def restoration(request: PageRequest, slug: str, number: int) -> HttpResponse:
    """Make an older version the draft again."""
    operations.restore(queries.version(find(request, slug), number), by=request.actor)
    messages.success(request, f"The draft is now as version {number}. Publish it to put it into use.")
    return goto(request, reverse("workflow_draft", args=[slug]))


@require_GET
@page
def export(request: PageRequest, slug: str) -> HttpResponse:
    """Download the workflow as a JSON document."""
    workflow = find(request, slug)
    number = request.GET.get("version", "")
    version = queries.version(workflow, int(number[:10])) if number.isdecimal() else None
    name = f"{workflow.slug}-v{version.number}.json" if version else f"{workflow.slug}.json"
    return download(operations.export(workflow, version), name)


@require_POST
@page
def copy(request: PageRequest, slug: str) -> HttpResponse:
    """Make another workflow from this one."""
    made = operations.copy(find(request, slug), by=request.actor, name=request.POST.get("name", "").strip())
    messages.success(request, f"“{made.name}” is made. Nothing of it is published yet.")
    return goto(request, reverse("workflow_detail", args=[made.slug]))


@require_POST
@page
def archive(request: PageRequest, slug: str) -> HttpResponse:
    """Put a workflow out of sight, or bring it back."""
    workflow = find(request, slug)
    verb = operations.unarchive if workflow.archived_at else operations.archive
    verb(workflow, by=request.actor)
    messages.success(request, f"“{workflow.name}” is {'back' if workflow.archived_at else 'archived'}.")
    return goto(request, reverse("workflow_detail", args=[slug]))


@require_POST
@page
def deletion(request: PageRequest, slug: str) -> HttpResponse:
    """Delete a workflow that never ran."""
    workflow = find(request, slug)
    operations.delete(workflow, by=request.actor)
    messages.success(request, f"“{workflow.name}” is deleted.")
    return goto(request, reverse("workflow_list"))


def download(document: Any, name: str) -> HttpResponse:
    """Return a JSON document as a file."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response
