"""The step panel: a form for one step, or for the workflow itself, that saves as somebody goes."""

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import trigger_client_event

from convergio.errors import Conflict, InvalidInput
from convergio.pages import PageRequest, page
from convergio.workspaces.permissions import Permission
from workflows import queries
from workflows.drafting import Applied, apply
from workflows.models import Workflow
from workflows.panels.acts import acted
from workflows.panels.forms import Form
from workflows.panels.saving import Document, Outcome, touched_keys
from workflows.panels.steps import WORKFLOW_PARTS
from workflows.surroundings import Surroundings
from workflows.views.desks import Desk, facts
from workflows.views.finding import find
from workflows.views.reading import frame

TRIES = 3
"""How often a form is read anew when somebody else saves the draft at the same moment."""


@require_http_methods(["GET", "POST"])
@page
def step_panel(request: PageRequest, slug: str, step: str) -> HttpResponse:
    """The form of one step."""
    return _panel(request, find(request, slug), step)


@require_http_methods(["GET", "POST"])
@page
def workflow_panel(request: PageRequest, slug: str) -> HttpResponse:
    """The form of the workflow itself: what it is given, what it gives back, its limits."""
    return _panel(request, find(request, slug), "")


@require_GET
@page
def finding_list(request: PageRequest, slug: str) -> HttpResponse:
    """What is to be mended in the draft, each with the way to its place."""
    workflow = find(request, slug)
    found = queries.findings(workflow)
    context = {"workflow": workflow, "findings": found, "errors": queries.errors(found)}
    if request.htmx:
        return render(request, "workflows/panel/_findings.html", context)
    return render(request, "workflows/panel/findings.html", {**frame(workflow, "draft"), **context})


def _panel(request: PageRequest, workflow: Workflow, step: str) -> HttpResponse:
    if request.method == "POST":
        return _saved(request, workflow, step)
    return _drawn(request, Desk(workflow, step, Surroundings(request.workspace)))


def _saved(request: PageRequest, workflow: Workflow, step: str) -> HttpResponse:
    """Save what can be saved and show the form again, with what could not beside its fields."""
    request.actor.require(Permission.BUILD)
    around = Surroundings(request.workspace)
    for _ in range(TRIES):
        desk, (posted, base) = Desk(workflow, step, around), _posted(request)
        outcome = desk.sheet.work_out(posted, base, **_choices(request))
        try:
            applied = _applied(request, desk, outcome)
        except Conflict:
            workflow.refresh_from_db()
            if workflow.archived_at:
                raise
            continue
        return _answer(request, desk, applied, outcome)
    raise Conflict("Others are changing this draft at this very moment; try again.")


def _posted(request: PageRequest) -> tuple[Form, Form]:
    """What was posted, its buttons pressed, and what the form showed before."""
    values = {name: str(request.POST[name]) for name in request.POST}
    form, act = Form.of(values), values.get("do", "")
    if act.startswith("take:"):
        taken = form.under(act.removeprefix("take:"))
        form.values = {name: text for name, text in form.values.items() if name not in taken}
    return acted(form, act), Form.of(_base(values.get("base", "")))


def _base(text: str) -> dict[str, str]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: value for name, value in pairs if isinstance(value, str)}


def _choices(request: PageRequest) -> dict[str, frozenset[str]]:
    """Where two people wrote, and whose version was chosen."""
    act = request.POST.get("do", "")
    kept = {act.removeprefix("keep:")} if act.startswith("keep:") else set()
    return {"held": frozenset(request.POST.getlist("held")), "forced": frozenset(kept)}


def _applied(request: PageRequest, desk: Desk, outcome: Outcome) -> Applied | None:
    """Save; what the draft refuses is said beside the fields."""
    changes = changes_of(desk.step_id, desk.sheet.document, outcome.document)
    workflow = desk.workflow
    try:
        if not changes:
            return None
        return apply(workflow, changes, revision=workflow.draft_revision, by=request.actor)
    except InvalidInput as refusal:
        for name in outcome.saved:
            outcome.posted.fault(name, refusal.sentence)
        return None


def changes_of(step: str, before: Document, after: Document) -> list[dict[str, Any]]:
    """Return the changes that make a document of another: of a step, or (without its id) of the workflow."""
    keys = touched_keys(before, after)
    if not step:
        return [{"op": f"set_{part}", "value": keys[part]} for part in WORKFLOW_PARTS if part in keys]
    new_id = keys.pop("id", None)
    found: list[dict[str, Any]] = [{"op": "update_step", "id": step, "changes": keys}] if keys else []
    return [*found, {"op": "rename_id", "id": step, "new": new_id}] if new_id else found


def _answer(request: PageRequest, desk: Desk, applied: Applied | None, outcome: Outcome) -> HttpResponse:
    if applied is None:
        return _drawn(request, desk, outcome)
    now = str(outcome.document["id"]) if desk.step_id else ""
    response = _drawn(request, Desk(applied.workflow, now, desk.around), outcome)
    news = {"revision": applied.revision, "step": now, "was": desk.step_id}
    return trigger_client_event(response, "draft-changed", news)


def _drawn(request: PageRequest, desk: Desk, outcome: Outcome | None = None) -> HttpResponse:
    context = facts(desk, outcome)
    context["may_change"] = request.actor.may(Permission.BUILD) and desk.workflow.archived_at is None
    if request.htmx:
        return render(request, "workflows/panel/_panel.html", context)
    return render(request, "workflows/panel/page.html", {**frame(desk.workflow, "draft"), **context})
