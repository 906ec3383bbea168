"""The whole document, and the one way to read it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from workflows.schema.base import Frozen, PortName, StepId
from workflows.schema.inputs import InputField
from workflows.schema.policies import Guardrails
from workflows.schema.steps import Step


class Edge(Frozen):
    """From a port of one step to another step of the same container."""

    source: StepId
    port: PortName = "done"
    target: StepId


class Definition(Frozen):
    """A workflow as one document. `outputs` maps a name to a template over inputs, context and step outputs."""

    format: Literal[1] = 1
    inputs: Annotated[tuple[InputField, ...], Field(max_length=100)] = ()
    steps: Annotated[tuple[Step, ...], Field(max_length=2000)] = ()
    edges: Annotated[tuple[Edge, ...], Field(max_length=10_000)] = ()
    outputs: dict[str, Any] = {}
    guardrails: Guardrails = Guardrails()


def parse_definition(document: Any) -> Definition:
    """Read a JSON document of any known format. Raises convergio.errors.InvalidInput with one detail per fault."""
    raise NotImplementedError
