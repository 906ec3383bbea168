"""Trying a draft: what each step was given and gave, what is pinned, and the ways to run some of it again."""

import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from convergio.errors import ConvergioError, InvalidInput
from convergio.live import execution_topic
from convergio.pages import PageRequest, goto, page
from convergio.workspaces.permissions import Permission
from executions import queries, trials
from executions.files import is_id
from executions.models import TRIAL, Execution, StepRun
from executions.operations import ENDED
from executions.trials import NotReady, Reach
from executions.views.asking import answers, asked
from executions.views.finding import find, find_workflow
from executions.views.panel import Panel, panel_of
from executions.views.states import light_runs, node_states
from executions.views.watching import orders, usage_of
from workflows.graph import Graph, ports_of
from workflows.models import Workflow
from workflows.outline import Entry, outline
from workflows.picture import port_labels
from workflows.schema import Definition, LoopStep, Step, parse_definition
from workflows.views.reading import frame

MOST_TEXT = 200_000
"""Characters of a value that can be edited in the page."""
MOST_RECENT = 20
"""Runs to choose from."""

WAYS = (
    (Reach.STEP, "play", "Run this step", "What comes before is taken from the run shown"),
    (Reach.UP_TO, "step-forward", "Run up to here", "What comes before works anew, unless it is pinned"),
    (Reach.ONWARD, "fast-forward", "Run from here", "This step and all that comes after it work anew"),
)
"""What can be tried of one step: how far, its icon, its words, and what it means."""


@require_http_methods(["GET", "POST"])
@page
def trial(request: PageRequest, slug: str) -> HttpResponse:
    """Show what the steps of a draft gave in one run, or try the draft (again)."""
    workflow = find_workflow(request, slug)
    return _start(request, workflow) if request.method == "POST" else _shown(request, workflow)


@require_POST
@page
def pins(request: PageRequest, slug: str) -> HttpResponse:
    """Pin the output of a step, or let it work again."""
    request.actor.require(Permission.BUILD)
    workflow = find_workflow(request, slug)
    step, act = _word(request, "step"), request.POST.get("do", "")
    if act == "clear":
        trials.clear_pins(workflow, by=request.actor)
    elif act == "unpin":
        trials.unpin(workflow, step, by=request.actor)
    else:
        output = _json(request.POST.get("output", ""), "output")
        trials.pin(workflow, step, output, port=request.POST.get("port", ""), by=request.actor)
    if act == "onward":
        return _begin(request, workflow, Reach.ONWARD, None)
    return _shown(request, workflow)


@require_POST
@page
def pin_run(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    """Open a run in the editor, with what its steps gave pinned."""
    execution = find(request, id)
    count = trials.pin_results(execution, by=request.actor)
    outputs = f"{count} output{'' if count == 1 else 's'}"
    messages.success(request, f"{outputs} of run #{execution.number} pinned to the draft.")
    return goto(request, _in_editor(execution.workflow, execution))


# showing


def _shown(request: PageRequest, workflow: Workflow, execution: Execution | None = None) -> HttpResponse:
    facts = _facts(request, workflow, execution or _chosen(request, workflow))
    return _render(request, workflow, facts)


def _asking(
    request: PageRequest,
    workflow: Workflow,
    values: Mapping[str, Any],
    refusal: ConvergioError | None = None,
) -> HttpResponse:
    """Ask what the trial shall work on."""
    inputs = parse_definition(workflow.draft).inputs
    facts = _facts(request, workflow, _chosen(request, workflow))
    facts |= {"is_asking": True, "topic": "", **asked(workflow, inputs, values, refusal)}
    return _render(request, workflow, facts)


def _render(request: PageRequest, workflow: Workflow, facts: dict[str, Any]) -> HttpResponse:
    refusal = facts.get("refusal")
    if request.htmx:
        return render(request, "executions/trial/_trial.html", facts)
    page_facts = {**frame(workflow, "trial"), **facts}
    return render(
        request, "executions/trial/page.html", page_facts, status=refusal.status if refusal else 200
    )


def _facts(request: PageRequest, workflow: Workflow, execution: Execution | None) -> dict[str, Any]:
    definition = parse_definition(workflow.draft)
    steps = {one.id: one for one in definition.steps}
    pinned = trials.pins_of(workflow)
    runs = light_runs(execution) if execution else []
    states = node_states(runs, timezone.now())
    chosen = steps.get(_word(request, "step"))
    panel = None
    if execution and chosen and chosen.id in states:
        panel = panel_of(execution, runs, steps, actor=request.actor, wanted=chosen.id, number="")
    is_over = execution is None or execution.status in ENDED
    words = _word(request, "q")
    return {
        "workflow": workflow,
        "url": reverse("workflow_trial", args=[workflow.slug]),
        "execution": execution,
        "topic": "" if execution is None or is_over else execution_topic(execution.id),
        "is_over": is_over,
        "usage": usage_of(execution) if execution else None,
        "may_cancel": execution is not None and "cancel" in orders(execution, request.actor),
        "entries": _entries(definition, execution, words),
        "words": words,
        "states": states,
        "pinned": pinned,
        "step": chosen,
        "reach": request.GET.get("reach", Reach.DRAFT),
        "recent": _recent(request, workflow, execution),
        "may_try": _may_try(request, workflow),
        "marks": {
            "states": {one: [state.status, state.note] for one, state in states.items()},
            "pinned": sorted(pinned),
            "run": str(execution.id) if execution else "",
        },
        **(_detail(definition, chosen, panel, pinned) if chosen else {}),
        "ways": WAYS,
        "back": _in_editor(workflow, execution),
    }


def _may_try(request: PageRequest, workflow: Workflow) -> bool:
    may = request.actor.may
    return may(Permission.BUILD) and may(Permission.RUN) and workflow.archived_at is None


def _in_editor(workflow: Workflow, execution: Execution | None) -> str:
    query = urlencode({"run": str(execution.id) if execution else ""})
    return f"{reverse('workflow_editor', args=[workflow.slug])}?{query}"


def _detail(
    definition: Definition, step: Step, panel: Panel | None, pinned: Mapping[str, Any]
) -> dict[str, Any]:
    """What is known of one step: what it was given, and what it gave or is pinned to give."""
    run = panel.run if panel else None
    result = pinned.get(step.id)
    if result is None and run is not None and run.output is not None:
        result = {"output": run.output, "port": run.port}
    labels = port_labels(step)
    return {
        "panel": panel,
        "is_pinned": step.id in pinned,
        "result": result,
        "result_text": _text(result["output"] if result else None),
        "input_text": _text(run.input) if run and isinstance(run.input, dict) else "",
        "ports": [(port, labels.get(port, port)) for port in ports_of(step) if port != "error"],
        "is_in_loop": Graph.of(definition).enclosing(step.id, LoopStep) is not None,
        "holds_steps": step.type in ("parallel", "sequential"),
    }


def _text(value: Any) -> str:
    """A value to edit; nothing where it is too long for that."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return text if len(text) <= MOST_TEXT else ""


def _entries(definition: Definition, execution: Execution | None, words: str) -> list[Entry]:
    """The steps, those inside others after them; with words only those that have them in a name or a value."""
    found: list[Entry] = []
    waiting = list(reversed(outline(definition)))
    while waiting:
        entry = waiting.pop()
        found.append(entry)
        waiting.extend(reversed(entry.children))
    if not words:
        return found
    holding = _holding(execution, words)
    return [one for one in found if one.id in holding or words.lower() in f"{one.title} {one.id}".lower()]


def _holding(execution: Execution | None, words: str) -> set[str]:
    if execution is None:
        return set()
    here = Q(input__icontains=words) | Q(output__icontains=words)
    return set(StepRun.objects.filter(here, execution=execution).values_list("step_id", flat=True))


def _chosen(request: PageRequest, workflow: Workflow) -> Execution | None:
    """The run that is named, else the newest trial, else the newest run that began."""
    rows = queries.visible_to(request.actor).filter(workflow=workflow).select_related("version", "started_by")
    named = _word(request, "run")
    if named:
        return rows.filter(pk=named).first() if is_id(named) else None
    newest = rows.order_by("-created_at")
    return newest.filter(trigger=TRIAL).first() or newest.filter(started_at__isnull=False).first()


def _recent(request: PageRequest, workflow: Workflow, shown: Execution | None) -> list[Execution]:
    """The runs to choose from, the shown one among them."""
    rows = queries.visible_to(request.actor).filter(workflow=workflow)
    newest = list(rows.order_by("-created_at")[:MOST_RECENT])
    return newest if shown is None or shown in newest else [*newest, shown]


# trying


def _start(request: PageRequest, workflow: Workflow) -> HttpResponse:
    for permission in (Permission.BUILD, Permission.RUN):
        request.actor.require(permission)
    inputs = parse_definition(workflow.draft).inputs
    earlier = _chosen(request, workflow)
    reach = _reach(request)
    if "given" in request.GET:
        return _begin(request, workflow, reach, answers(request, workflow, inputs))
    if inputs and (earlier is None or reach is Reach.DRAFT):
        return _asking(request, workflow, earlier.inputs if earlier else {})
    return _begin(request, workflow, reach, None)


def _begin(
    request: PageRequest, workflow: Workflow, reach: Reach, given: dict[str, Any] | None
) -> HttpResponse:
    """Start the trial; what is wrong with its inputs is said beside them."""
    earlier = _chosen(request, workflow)
    known = {one.name for one in parse_definition(workflow.draft).inputs}
    old = {name: value for name, value in (earlier.inputs if earlier else {}).items() if name in known}
    values = old if given is None else given
    text = request.POST.get("edited", "") if given is None else ""
    try:
        execution = trials.try_draft(
            workflow,
            values,
            by=request.actor,
            reach=reach,
            step_id=_word(request, "step") or None,
            earlier=earlier,
            edited=_json(text, "input") if text.strip() else None,
        )
    except InvalidInput as refusal:
        if isinstance(refusal, NotReady) or not any(one.get("field") in known for one in refusal.details):
            raise
        return _asking(request, workflow, values, refusal)
    response = _shown(request, workflow, execution)
    if request.htmx:
        return response
    query = {"run": str(execution.id), "step": _word(request, "step")}
    return goto(request, f"{reverse('workflow_trial', args=[workflow.slug])}?{urlencode(query)}")


def _reach(request: PageRequest) -> Reach:
    try:
        return Reach(request.GET.get("reach", Reach.DRAFT))
    except ValueError:
        raise InvalidInput("A trial is of the draft, up to a step, of a step, or onward from one.") from None


def _word(request: PageRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()[:100]


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The {what} is not valid JSON: {error}.") from None
