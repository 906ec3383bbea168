"""The form of one step, and that of the workflow itself: drawn from a definition, judged by the schema. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from convergio.errors import InvalidInput
from workflows.graph import Graph
from workflows.panels import saving
from workflows.panels.fields import Field, Section
from workflows.panels.forms import Form
from workflows.panels.layouts import Glance, fields_in, of_step, of_workflow
from workflows.panels.offers import Offers
from workflows.panels.saving import Document, Outcome
from workflows.schema import Definition, Step, StepId, StepType, parse_definition

WORKFLOW_PARTS = ("inputs", "outputs", "guardrails", "sla")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form that can be drawn and filled: what it is about, as a document, and how its fields are laid out."""

    document: Document
    lay_out: Callable[[Glance], tuple[Section, ...]]
    check: saving.Check

    def sections(self, posted: Form | None = None) -> tuple[Section, ...]:
        """The sections as they stand; what was posted may bring other fields."""
        return self.lay_out(_glance(self.document, posted or Form({})))

    def fields(self, posted: Form | None = None) -> list[Field]:
        """The fields of all sections."""
        return list(fields_in(self.sections(posted)))

    def blank(self) -> Form:
        """The form as it is first shown."""
        return saving.written(self.fields(), self.document)

    def work_out(self, posted: Form, base: Form, **options: Any) -> Outcome:
        """Read and judge what was posted."""
        fields = self.fields(posted)
        return saving.work_out(fields, self.document, base=base, posted=posted, check=self.check, **options)


def step_sheet(definition: Definition, step_id: StepId, offers: Offers) -> Sheet:
    """The form of a step. Raises KeyError."""
    graph = Graph.of(definition)
    step = graph.step(step_id)
    incoming = len(graph.incoming(step_id))
    ids = frozenset(graph.steps) - {step_id}

    def lay_out(glance: Glance) -> tuple[Section, ...]:
        return of_step(StepType(step.type), glance, offers, incoming=incoming if step.join == "all" else 2)

    return Sheet(document_of(step), lay_out, lambda document: step_faults(document, ids))


def workflow_sheet(definition: Definition, offers: Offers) -> Sheet:
    """The form of the workflow itself."""
    document = definition.model_dump(mode="json", include=set(WORKFLOW_PARTS))
    return Sheet(document, lambda glance: of_workflow(offers), lambda found: _faults(found, ""))


def document_of(step: Step) -> Document:
    """A step's document with everything in it, also what is at its default."""
    return step.model_dump(mode="json")


def step_faults(document: Document, taken: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with a step's document by itself."""
    if document["id"] in taken:
        yield "id", f"There is already a step with the id “{document['id']}”."
    yield from _faults({"steps": [document]}, "/steps/0")


def _faults(document: Mapping[str, Any], around: str) -> Iterator[tuple[str, str]]:
    try:
        parse_definition(document)
    except InvalidInput as error:
        for detail in error.details or [{"location": "", "message": error.sentence}]:
            place = str(detail["location"]).removeprefix(around).strip("/")
            yield ".".join(map(_unescaped, place.split("/"))), str(detail["message"])


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _glance(document: Document, posted: Form) -> Glance:
    """The text of a field as it was posted, else as it is in the document."""

    def glance(name: str) -> str:
        if name in posted.values:
            return posted.text(name)
        value = saving.value_at(document, name.removesuffix(".kind"))
        return value if isinstance(value, str) else "" if value is None else "set"

    return glance
