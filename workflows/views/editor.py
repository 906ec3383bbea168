"""The visual editor: its page, and the one way in which a canvas changes a draft."""

import json
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from convergio.errors import ConvergioError, InvalidInput
from convergio.pages import PageRequest, page
from convergio.workspaces.permissions import Permission
from workflows import drafting, queries, templates
from workflows.drafting import Clash, Window
from workflows.drafting.cards import cards_of
from workflows.drafting.news import faces, news_since, standing, tools
from workflows.drafting.palette import palette
from workflows.drafting.people import be_here
from workflows.models import Workflow
from workflows.schema import Definition, InputType, dump_definition, parse_definition
from workflows.views.finding import find

ICONS = (
    *(f"align-{side}-{way}" for way in ("vertical", "horizontal") for side in ("start", "center", "end")),
    "align-horizontal-distribute-center",
    "align-vertical-distribute-center",
    "copy",
    "trash-2",
)
"""What the bar of several chosen steps shows."""

type JsonView[**P] = Callable[Concatenate[PageRequest, P], dict[str, Any]]


def answering[**P](view: JsonView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Answer a canvas with JSON; a refusal too."""

    @page
    def wrapped(request: PageRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return JsonResponse(view(request, *args, **kwargs))
        except ConvergioError as refusal:
            return JsonResponse(_refusal(refusal), status=refusal.status)

    return update_wrapper(wrapped, view)


@require_GET
@page
def editor(request: PageRequest, slug: str) -> HttpResponse:
    """The canvas of a draft."""
    workflow = find(request, slug)
    definition = parse_definition(workflow.draft)
    shown = faces(workflow.workspace)
    items = palette(shown, tools(workflow.workspace), _others(request, workflow), _prompt(definition))
    may_build = request.actor.may(Permission.BUILD) and workflow.archived_at is None
    data = {
        **standing(workflow, definition, request.actor),
        "documents": {step["id"]: step for step in dump_definition(definition).get("steps", ())},
        "palette": [item.as_json() for item in items],
        "urls": _urls(slug),
        "mayBuild": may_build,
        "mayTry": may_build and request.actor.may(Permission.RUN),
        "workflow": {"id": str(workflow.pk), "slug": slug, "topic": f"workspace.{workflow.workspace_id}"},
        "me": {"id": str(request.user.pk), "name": str(request.user)},
    }
    facts = {
        "workflow": workflow,
        "tab": "editor",
        "findings": data["findings"],
        "is_changed": data["facts"]["is_changed"],
        "cards": cards_of(definition, shown),
        "data": data,
        "items": items,
        "templates": templates.all_templates(),
        "may_build": may_build,
        "icons": ICONS,
    }
    return render(request, "workflows/editor/page.html", facts)


@require_http_methods(["GET", "POST"])
@answering
def changes(request: PageRequest, slug: str) -> dict[str, Any]:
    """Apply changes, or tell what changed since a revision."""
    workflow = find(request, slug)
    if request.method == "GET":
        return news_since(workflow, _number(request.GET.get("since")), request.actor)
    request.actor.require(Permission.BUILD)
    sent = _sent(request)
    revision = _number(sent.get("revision"))
    made = drafting.apply(
        workflow,
        sent.get("changes", ()),
        revision=revision,
        by=request.actor,
        window=_window(sent),
        title=str(sent.get("title") or "")[:100],
    )
    return news_since(made.workflow, revision, request.actor, title=made.title)


@require_POST
@answering
def undo(request: PageRequest, slug: str) -> dict[str, Any]:
    """Take back the newest change of whoever asks."""
    return _replay(request, slug, drafting.undo)


@require_POST
@answering
def redo(request: PageRequest, slug: str) -> dict[str, Any]:
    """Do again what was taken back last."""
    return _replay(request, slug, drafting.redo)


@require_POST
@answering
def presence(request: PageRequest, slug: str) -> dict[str, Any]:
    """Say that this page is open, and at which step; told are the others."""
    workflow = find(request, slug)
    step = str(_sent(request).get("step") or "")[:64]
    return {"people": be_here(workflow, request.actor, step)}


@require_GET
@answering
def template_fragment(request: PageRequest, slug: str) -> dict[str, Any]:
    """The steps and edges of a template, to be put on a canvas."""
    document = templates.template(slug).document.definition
    return {"steps": document.get("steps", []), "edges": document.get("edges", [])}


def _replay(request: PageRequest, slug: str, verb: Callable[..., drafting.Applied]) -> dict[str, Any]:
    workflow = find(request, slug)
    request.actor.require(Permission.BUILD)
    sent = _sent(request)
    made = verb(workflow, by=request.actor, window=_window(sent))
    return news_since(made.workflow, _number(sent.get("revision")), request.actor, title=made.title)


def _prompt(definition: Definition) -> str:
    """What a new agent is asked: the run's text where there is one, else a word to the author."""
    asks = any(one.type in (InputType.STRING, InputType.TEXT) for one in definition.inputs)
    return "${user_input}" if asks else "Say here what is to be done."


def _others(request: PageRequest, workflow: Workflow) -> list[tuple[str, str]]:
    rows = queries.visible_to(request.actor).filter(published__isnull=False, archived_at=None)
    return list(rows.exclude(pk=workflow.pk).values_list("slug", "name")[:200])


def _urls(slug: str) -> dict[str, str]:
    named = {
        "changes": "workflow_changes",
        "undo": "workflow_undo",
        "redo": "workflow_redo",
        "presence": "workflow_presence",
        "settings": "workflow_panel",
    }
    urls = {key: reverse(name, args=[slug]) for key, name in named.items()}
    urls["template"] = reverse("workflow_fragment", args=["x"])
    urls["panel"] = reverse("workflow_step_panel", args=[slug, "x"])
    return urls


def _sent(request: PageRequest) -> dict[str, Any]:
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        raise InvalidInput("That is not valid JSON.") from None
    if not isinstance(sent, dict):
        raise InvalidInput("Changes are sent as a JSON object.")
    return sent


def _number(given: Any) -> int:
    text = str(given) if not isinstance(given, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidInput("The revision must be a whole number.")
    return int(text)


def _window(sent: dict[str, Any]) -> Window:
    client, request = sent.get("client"), sent.get("request")
    if not isinstance(client, str) or not client.replace("-", "").isalnum() or not client.isascii():
        return Window()
    is_number = isinstance(request, int) and not isinstance(request, bool) and 0 <= request < 2**31
    return Window(client[:64], request if is_number else None)


def _refusal(refusal: ConvergioError) -> dict[str, Any]:
    said: dict[str, Any] = {
        "error": {"code": refusal.code, "message": refusal.sentence, "details": refusal.details[:20]}
    }
    if isinstance(refusal, Clash):
        said |= {"revision": refusal.revision, "theirs": refusal.theirs, "by": refusal.who}
    return said
