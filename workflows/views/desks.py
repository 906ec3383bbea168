"""What lies on the desk while a form of the editor is read or drawn: the draft, the step, what there is to choose."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse

from convergio.errors import NotFound
from workflows.models import Workflow
from workflows.offers import offers
from workflows.panels.drawing import draw, elsewhere
from workflows.panels.forms import Form
from workflows.panels.offers import Offers
from workflows.panels.saving import Outcome, shown
from workflows.panels.steps import Sheet, step_sheet, workflow_sheet
from workflows.panels.variables import variables
from workflows.schema import AgentStep, Definition, Step, parse_definition
from workflows.surroundings import Surroundings
from workflows.validation import Finding, validate


@dataclass(frozen=True)
class Desk:
    """A draft and one of its steps; without a step's id it is about the workflow itself."""

    workflow: Workflow
    step_id: str
    around: Surroundings

    @cached_property
    def definition(self) -> Definition:
        """The draft."""
        return parse_definition(self.workflow.draft)

    @cached_property
    def step(self) -> Step | None:
        """The step. Raises NotFound when the draft has none of that id."""
        if not self.step_id:
            return None
        for step in self.definition.steps:
            if step.id == self.step_id:
                return step
        raise NotFound("There is no such step in this draft; it may have been deleted or renamed.")

    @cached_property
    def offers(self) -> Offers:
        """What the step may name."""
        if self.step is None:
            return Offers()
        return offers(self.around, self.workflow.slug, self.definition, self.step.id)

    @cached_property
    def sheet(self) -> Sheet:
        """The form."""
        if self.step is None:
            return workflow_sheet(self.definition, self.offers)
        return step_sheet(self.definition, self.step.id, self.offers)

    @cached_property
    def findings(self) -> list[Finding]:
        """What is to be mended here."""
        found = validate(self.definition, self.around.known(self.workflow.slug))
        return [one for one in found if (one.step_id or "") == self.step_id]

    @cached_property
    def blank(self) -> Form:
        """The form as it is first shown."""
        return self.sheet.blank()

    @property
    def url(self) -> str:
        """The address of the form."""
        if not self.step_id:
            return reverse("workflow_panel", args=[self.workflow.slug])
        return reverse("workflow_step_panel", args=[self.workflow.slug, self.step_id])


def facts(desk: Desk, outcome: Outcome | None = None) -> dict[str, Any]:
    """Return what the template of a form needs; an outcome is what came of the form that was sent."""
    posted = outcome.posted if outcome else Form({})
    theirs = outcome.theirs if outcome else {}
    sections, form = desk.sheet.sections(posted), _form(desk, posted, outcome)
    return {
        "workflow": desk.workflow,
        "step": desk.step,
        "kind_name": kind_name(desk.step.type if desk.step else ""),
        "sections": draw(sections, form, desk.findings, theirs),
        "elsewhere": elsewhere(sections, desk.findings),
        "form": form,
        "base": json.dumps({**desk.blank.values, **_held(form, theirs)}, ensure_ascii=False),
        "variables": _variables(desk),
        "agents": desk.offers.agents,
        "agent": _agent(desk, form),
        "url": desk.url,
        "is_whole": outcome is None or outcome.is_whole,
        "was_sent": outcome is not None,
    }


def _form(desk: Desk, posted: Form, outcome: Outcome | None) -> Form:
    if outcome is None:
        return desk.blank
    outcome.document = desk.sheet.document
    return shown(desk.sheet.fields(posted), outcome)


def _held(form: Form, theirs: Mapping[str, str]) -> dict[str, str]:
    """Fields that wait for a choice count as untouched until they are touched again."""
    found: dict[str, str] = {}
    for name in theirs:
        found |= form.under(name)
    return found


def _variables(desk: Desk) -> dict[str, list[list[str]]]:
    found = variables(desk.definition, desk.step_id or None)
    return {scope: [one.as_json() for one in offered] for scope, offered in found.items()}


def _agent(desk: Desk, form: Form) -> Any:
    """The agent that is chosen, as a card shows it."""
    is_agent = isinstance(desk.step, AgentStep)
    return desk.offers.agent(form.text("config.agent")) if is_agent else None


def kind_name(kind: str) -> str:
    """Return what people call a type of step."""
    return {"input": "Form for people", "workflow": "Sub-workflow"}.get(kind, kind.capitalize())
