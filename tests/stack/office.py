"""The gallery at work: one worker for many runs, a model that answers everything, and people who answer at once."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from agents.operations import seed_agents
from approvals import operations as approvals
from approvals import queries
from approvals.models import ApprovalRequest
from convergio.workspaces.actors import Actor
from executions import files, operations
from executions.models import Execution, StepRun
from tests.executions.flows import ENDS, until
from tests.people import Cast, make_cast
from tests.stack.model_server import ModelServer, Say
from tests.stack.rig import Rig, rig
from workflows import operations as workflows
from workflows import templates
from workflows.models import Workflow
from workflows.schema import InputType

WRITER = {
    "slug": "writer",
    "name": "Writer",
    "role": "Writes what is asked for",
    "description": "Writes short texts.",
    "system_prompt": "You write short, plain texts and answer with nothing but the text.",
}
SHAPE = "It must fit this JSON Schema:\n"
SAMPLES = {"integer": 12, "number": 12, "boolean": True, "string": "as agreed"}
LONGEST_S = 60

type Decide = Callable[[ApprovalRequest], tuple[str, str]]


def approve(request: ApprovalRequest) -> tuple[str, str]:
    """Agree to everything."""
    return "approve", ""


@dataclass
class Office:
    """Whoever works on the gallery's runs. `said` holds the prose that the model wrote."""

    cast: Cast
    models: ModelServer
    stack: Rig
    said: list[str] = field(default_factory=list)

    def instantiate(self, slug: str) -> Workflow:
        """Make a workflow from a template, which is published at once."""
        workflow = workflows.instantiate(slug, by=self.cast.cleo.actor)
        assert workflow.published is not None, f"{slug} needs something that a new workspace has not"
        return workflow

    def run(self, slug: str, decide: Decide = approve) -> Execution:
        """Run a template with its sample inputs until it ends."""
        execution = operations.start(self.instantiate(slug), self.inputs(slug), by=self.cast.cleo.actor)
        until(lambda: self._is_over(execution, decide), LONGEST_S, f"the end of {slug}")
        execution.refresh_from_db()
        return execution

    def inputs(self, slug: str) -> dict[str, Any]:
        """The template's sample inputs, its sample files uploaded."""
        template = templates.template(slug)
        given = dict(template.sample_inputs)
        for one in template.definition.inputs:
            if one.type is InputType.FILE:
                given[one.name] = self._upload(given[one.name])
        return given

    def prompts(self) -> list[str]:
        """The last message of every request that the model got."""
        return [str(request["messages"][-1]["content"]) for request in self.models.requests]

    def answer(self, request: dict[str, Any]) -> Say:
        """A value of the shape that is asked for, or a sentence that nobody else writes."""
        orders = str(request["messages"][0]["content"])
        if SHAPE in orders:
            return Say(json.dumps(_value(json.loads(orders.split(SHAPE)[1]))))
        self.said.append(f"Finding {len(self.said) + 1} of the scripted model.")
        return Say(self.said[-1])

    def _upload(self, name: str) -> dict[str, Any]:
        file = templates.sample_file(name)
        content = ContentFile(file.read_bytes(), name=file.name)
        return files.reference(operations.store_upload(content, by=self.cast.cleo.actor))

    def _is_over(self, execution: Execution, decide: Decide) -> bool:
        for request in ApprovalRequest.objects.filter(origin=str(execution.id), status="pending"):
            self._answer_request(request, decide)
        for event in _awaited(execution):
            operations.emit_event(event, {"by": "the test"}, by=self.cast.cleo.actor)
        status, owner = Execution.objects.values_list("status", "owner").get(pk=execution.pk)
        return status in ENDS and not owner

    def _answer_request(self, request: ApprovalRequest, decide: Decide) -> None:
        by = self._who_may(request)
        form = None if request.form is None else _value(request.form)
        if request.kind == "input":
            approvals.submit(request, form or {}, by=by)
        else:
            answer, comment = decide(request)
            approvals.decide(request, answer, by=by, comment=comment, form=form)

    def _who_may(self, request: ApprovalRequest) -> Actor:
        people = (self.cast.dan.actor, self.cast.cleo.actor)
        return next(one for one in people if queries.refusal(request, one) is None)


def _awaited(execution: Execution) -> list[str]:
    waiting = StepRun.objects.filter(execution=execution, kind="wait", status="waiting")
    return [state["event"] for state in waiting.values_list("state", flat=True) if state.get("event")]


def _value(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: _scalar(part) for name, part in schema["properties"].items()}


def _scalar(part: dict[str, Any]) -> Any:
    return part["enum"][0] if "enum" in part else part.get("maximum", SAMPLES[part["type"]])


@contextmanager
def office(folder: Path) -> Iterator[Office]:
    """Open an office with a cast, ready agents, a worker and the scheduler. Its data are gone afterwards."""
    assert "test" in connection.settings_dict["NAME"], "an office is emptied when it closes"
    media = override_settings(MEDIA_ROOT=folder / "media")
    try:
        with media, ModelServer() as models, rig(folder, models.url) as stack:
            made = Office(make_cast(), models, stack)
            seed_agents(made.cast.workspace)
            models.answer_with(made.answer)
            stack.worker()
            stack.beat()
            yield made
    finally:
        call_command("flush", verbosity=0, interactive=False)
