"""The whole document, and the one way to read and to write it."""

import json
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from workflows.schema.base import Frozen, PortName, StepId
from workflows.schema.inputs import InputField
from workflows.schema.notes import Notes
from workflows.schema.policies import Guardrails, Sla
from workflows.schema.reading import as_json, refusal
from workflows.schema.steps import Step
from workflows.upgrades import upgrade


class Edge(Frozen):
    """From a port of one step to another step of the same container."""

    source: StepId
    port: PortName = "done"
    target: StepId


class Definition(Frozen):
    """A workflow as one document. `outputs` maps a name to a template over inputs, context and steps.

    `notes` stand on the canvas alone: checks and runs take no notice of them.
    """

    format: Literal[1] = 1
    inputs: Annotated[tuple[InputField, ...], Field(max_length=100)] = ()
    steps: Annotated[tuple[Step, ...], Field(max_length=2000)] = ()
    edges: Annotated[tuple[Edge, ...], Field(max_length=10_000)] = ()
    outputs: dict[str, Any] = {}
    guardrails: Guardrails = Guardrails()
    sla: Sla | None = None
    notes: Notes = ()


def parse_definition(document: object) -> Definition:
    """Read a document (plain data, or JSON text) of any known format.

    Raises InvalidDefinition or UnknownFormat; details hold, for each fault, its JSON pointer as `location`,
    the id of the `step` when it is known, and a `message`.
    """
    current = upgrade(json.loads(as_json(document)))
    try:
        return Definition.model_validate_json(json.dumps(current), strict=True)
    except ValidationError as error:
        raise refusal(error.errors(include_url=False), current) from None


def dump_definition(definition: Definition) -> dict[str, Any]:
    """The document of a definition: what is at its default is left out, keys are always in the same order."""
    dumped = definition.model_dump(mode="json", exclude_defaults=True)
    if "steps" in dumped:
        dumped["steps"] = [_id_and_type_first(step) for step in dumped["steps"]]
    return {"format": definition.format, **dumped}


def _id_and_type_first(step: dict[str, Any]) -> dict[str, Any]:
    return {"id": step["id"], "type": step["type"], **step}
