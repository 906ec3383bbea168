"""The outline editor: the draft as a nested list with plain forms, for keyboard, screen reader and phone."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from convergio.errors import Conflict, InvalidInput
from convergio.pages import PageRequest, goto, page
from convergio.workspaces.permissions import Permission
from workflows import drafting, queries
from workflows.drafting import Applied, Clash
from workflows.drafting.news import faces, tools
from workflows.drafting.palette import Item, palette
from workflows.models import Workflow
from workflows.outline import choices, outline, plan
from workflows.schema import Definition, parse_definition
from workflows.views.finding import find
from workflows.views.reading import frame


@require_http_methods(["GET", "POST"])
@page
def workflow_outline(request: PageRequest, slug: str) -> HttpResponse:
    """The draft as a list; posting does one thing to it."""
    workflow = find(request, slug)
    if request.method == "GET":
        return _drawn(request, workflow, request.GET.get("step", ""))
    request.actor.require(Permission.BUILD)
    try:
        applied, focus = _done(request, workflow)
    except (InvalidInput, Conflict) as refusal:
        workflow.refresh_from_db()
        return _drawn(request, workflow, request.POST.get("step", ""), refusal)
    messages.success(request, f"{applied.title}." if applied.title else "Nothing was to be changed.")
    place = f"?step={focus}#step-{focus}" if focus else ""
    return goto(request, reverse("workflow_outline", args=[slug]) + place)


def _done(request: PageRequest, workflow: Workflow) -> tuple[Applied, str]:
    """Do what was posted; also return the step to look at."""
    act, by = request.POST.get("do", ""), request.actor
    if act in ("undo", "redo"):
        return (drafting.undo if act == "undo" else drafting.redo)(workflow, by=by), ""
    items = {item.key: item for item in _items(request, workflow)}
    form = {name: request.POST[name] for name in request.POST}
    made = plan(parse_definition(workflow.draft), form, items)
    revision = _revision(form.get("revision", ""), workflow)
    return drafting.apply(workflow, made.changes, revision=revision, by=by, title=made.title), made.focus


def _revision(text: str, workflow: Workflow) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidInput("The revision must be a whole number.")
    return int(text) if text else workflow.draft_revision


def _items(request: PageRequest, workflow: Workflow) -> list[Item]:
    rows = queries.visible_to(request.actor).filter(published__isnull=False, archived_at=None)
    others = rows.exclude(pk=workflow.pk).values_list("slug", "name")[:200]
    return palette(faces(workflow.workspace), tools(workflow.workspace), others)


def _drawn(
    request: PageRequest, workflow: Workflow, chosen: str, refusal: InvalidInput | Conflict | None = None
) -> HttpResponse:
    facts: dict[str, Any] = {**frame(workflow, "outline"), "refusal": refusal}
    definition = parse_definition(workflow.draft)
    may_change = request.actor.may(Permission.BUILD) and workflow.archived_at is None
    facts |= {
        "entries": outline(definition, facts["findings"]),
        "of_all": [one for one in facts["findings"] if one.step_id is None],
        "count": len(definition.steps),
        "may_change": may_change,
        "theirs": _theirs(refusal),
        "sent": request.POST if refusal else {},
    }
    if may_change:
        facts |= _tools(request, workflow, definition, chosen)
    return render(request, "workflows/outline/page.html", facts, status=refusal.status if refusal else 200)


def _tools(request: PageRequest, workflow: Workflow, definition: Definition, chosen: str) -> dict[str, Any]:
    items = _items(request, workflow)
    step = next((one for one in definition.steps if one.id == chosen), None)
    undone, redone = drafting.to_undo(workflow, request.actor), drafting.to_redo(workflow, request.actor)
    return {
        "groups": [(name, list(group)) for name, group in groupby(items, lambda item: item.group)],
        "chosen": step,
        "choices": choices(definition, step.id) if step else None,
        "ends": [(one.id, one.title) for one in definition.steps if one.parent is None],
        "undo": undone.title if undone else "",
        "redo": redone.title if redone else "",
    }


def _theirs(refusal: Exception | None) -> list[tuple[str, dict[str, Any] | None]]:
    """What somebody else made of the steps over which two people met."""
    return list(refusal.theirs.items()) if isinstance(refusal, Clash) else []
