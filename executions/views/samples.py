"""What the newest run of a workflow gave at each step, in short, so that the editor can show real values."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from convergio.pages import PageRequest, page
from executions import queries
from executions.models import Execution, StepRun, StepStatus
from executions.views.finding import find_workflow

MOST_TEXT: Final = 160
MOST_ENTRIES: Final = 20
MOST_LEVELS: Final = 5
MOST_STEPS: Final = 500


@require_GET
@page
def workflow_seen(request: PageRequest, slug: str) -> HttpResponse:
    """Inputs, outputs and context of the newest run that got anywhere; empty when there is none."""
    workflow = find_workflow(request, slug)
    runs = queries.visible_to(request.actor).filter(workflow=workflow, started_at__isnull=False)
    newest = runs.order_by("-created_at").first()
    return JsonResponse(seen_in(newest) if newest else {})


def seen_in(run: Execution) -> dict[str, Any]:
    """Return what one run gave, shortened."""
    done = StepRun.objects.filter(execution=run, status=StepStatus.SUCCEEDED).exclude(kind="iteration")
    rows = done.order_by("created_seq").values_list("step_id", "output")[:MOST_STEPS]
    context = run.state.get("context") if isinstance(run.state, dict) else {}
    return {
        "run": run.number,
        "inputs": short(run.inputs),
        "steps": {step: short(output) for step, output in rows},
        "context": short(context if isinstance(context, dict) else {}),
    }


def short(value: Any, level: int = 0) -> Any:
    """Return a value with long texts cut, long lists ended early and deep parts left out."""
    if isinstance(value, str):
        return value if len(value) <= MOST_TEXT else f"{value[:MOST_TEXT]}…"
    if level >= MOST_LEVELS and isinstance(value, Mapping | list):
        return "…"
    if isinstance(value, Mapping):
        return {key: short(one, level + 1) for key, one in list(value.items())[:MOST_ENTRIES]}
    if isinstance(value, list):
        return [short(one, level + 1) for one in value[:MOST_ENTRIES]]
    return value
