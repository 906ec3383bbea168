"""What a fork takes over from the run it copies."""

import uuid
from typing import Any

from executions.engine.codec import step_to_json
from executions.engine.commands import Fork
from executions.models import Event, StepRun
from executions.store import RunFacts, step_of

STEP_FIELDS = (
    "path", "step_id", "kind", "scope", "round", "status", "attempt", "port", "input", "output", "error", "feedback",
    "state", "due_at", "started_at", "ended_at", "served_by", "requests", "prompt_tokens", "completion_tokens",
    "tool_calls", "cost",
)  # fmt: skip


def fork_command(facts: RunFacts, inputs: dict[str, Any]) -> Fork:
    """Begin as a copy of the run that `facts` was forked from, up to the step it names."""
    path, original = facts.begin["path"], facts.forked_from_id
    if original is None:
        raise LookupError("the run that this one is a fork of is gone")
    rows = StepRun.objects.filter(execution_id=original).order_by("round").values(*STEP_FIELDS)
    newest = {row["path"]: step_to_json(step_of(row)) for row in rows}
    return Fork(
        inputs=inputs,
        path=path,
        taken=tuple(newest.values()),
        edited=facts.begin.get("edited"),
        context=context_before(original, path),
    )


def context_before(execution_id: uuid.UUID, path: str) -> dict[str, Any]:
    """What the other run's context held when it came to a step for the last time."""
    log = Event.objects.filter(execution_id=execution_id)
    began = log.filter(type="step.started", path=path).order_by("-seq").values_list("seq", flat=True).first()
    told = log.filter(type__in=["run.started", "context.set"]).order_by("seq")
    if began is not None:
        told = told.filter(seq__lt=began)
    context: dict[str, Any] = {}
    for kind, data in told.values_list("type", "data"):
        context |= data["context"] if kind == "run.started" else data["values"]
    return context
