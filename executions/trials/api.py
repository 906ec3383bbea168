"""Trying drafts over HTTP."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from convergio.errors import NotFound
from convergio.rest.auth import actor_of
from convergio.rest.bodies import Body
from convergio.rest.paging import one_or_none
from executions import queries, trials
from executions.api import execution_of
from executions.api_schemas import ExecutionOut
from executions.models import Execution, Pin
from executions.trials.reach import Reach
from workflows.api import workflow_of
from workflows.models import Workflow

router = Router(tags=["Trials"])


class TrialIn(Body):
    """How much of the draft runs, with which inputs; those of the `earlier` run where none are given."""

    inputs: dict[str, Any] | None = None
    reach: Reach = Reach.DRAFT
    step: str | None = None
    earlier: UUID | None = None
    edited: dict[str, Any] | None = None


class PinIn(Body):
    """What a step gives in trials, and the port it ends on; the usual one where none is named."""

    output: Any
    port: str = ""


class PinOut(Schema):
    """What a step of a draft gives in trials."""

    step: str
    output: Any
    port: str

    @staticmethod
    def resolve_step(pin: Pin) -> str:
        return pin.step_id


class Pinned(Schema):
    """How many outputs are pinned."""

    pinned: int


@router.post("/workflows/{slug}/trials", response={201: ExecutionOut})
def try_draft(request: HttpRequest, slug: str, payload: TrialIn) -> Any:
    """Run the draft as it is now, or a part of it; the calls of a trial are real."""
    workflow = workflow_of(request, slug)
    earlier = _earlier(request, workflow, payload.earlier)
    inputs = payload.inputs if payload.inputs is not None else earlier.inputs if earlier else {}
    made = trials.try_draft(
        workflow,
        inputs,
        by=actor_of(request),
        reach=payload.reach,
        step_id=payload.step,
        earlier=earlier,
        edited=payload.edited,
    )
    return Status(201, made)


@router.get("/workflows/{slug}/pins", response=list[PinOut])
def list_pins(request: HttpRequest, slug: str) -> Any:
    """What is pinned to the steps of a draft."""
    return workflow_of(request, slug).pins.order_by("step_id")


@router.put("/workflows/{slug}/pins/{step}", response=PinOut)
def pin(request: HttpRequest, slug: str, step: str, payload: PinIn) -> Any:
    """Have a step give this output in trials, without working."""
    workflow = workflow_of(request, slug)
    return trials.pin(workflow, step, payload.output, port=payload.port, by=actor_of(request))


@router.delete("/workflows/{slug}/pins/{step}", response={204: None})
def unpin(request: HttpRequest, slug: str, step: str) -> Any:
    """Have a step work in trials again."""
    trials.unpin(workflow_of(request, slug), step, by=actor_of(request))
    return Status(204, None)


@router.delete("/workflows/{slug}/pins", response={204: None})
def clear_pins(request: HttpRequest, slug: str) -> Any:
    """Have every step work in trials again."""
    trials.clear_pins(workflow_of(request, slug), by=actor_of(request))
    return Status(204, None)


@router.post("/executions/{uuid:execution_id}/pins", response=Pinned)
def pin_run(request: HttpRequest, execution_id: UUID) -> Any:
    """Pin what the steps of a run gave to the draft of its workflow, in place of what was pinned."""
    return {"pinned": trials.pin_results(execution_of(request, execution_id), by=actor_of(request))}


def _earlier(request: HttpRequest, workflow: Workflow, run: UUID | None) -> Execution | None:
    if run is None:
        return None
    found = one_or_none(queries.visible_to(actor_of(request)).filter(workflow=workflow), pk=run)
    if found is None:
        raise NotFound("There is no such run of this workflow.")
    return found
