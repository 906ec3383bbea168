"""What a change to a draft may look like on the wire: one small document for each thing a hand can do. Pure."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from convergio.errors import InvalidInput
from workflows.schema.base import Frozen, PortName, StepId

MOST_CHANGES: Final = 500
"""Changes in one request."""

Number = Annotated[float, Field(ge=-1_000_000, le=1_000_000, allow_inf_nan=False)]
Point = tuple[Number, Number]
Ids = Annotated[tuple[StepId, ...], Field(min_length=1, max_length=2000)]
Positions = Annotated[dict[StepId, Point], Field(max_length=2000)]


class EdgeEnds(Frozen):
    """An edge that is there already."""

    source: StepId
    port: PortName = "done"
    target: StepId


class AddStep(Frozen):
    """A new step; `after` is a step and the port to connect it to."""

    op: Literal["add_step"]
    step: dict[str, Any]
    after: tuple[StepId, PortName] | None = None


class InsertStep(Frozen):
    """A new step in the middle of an edge."""

    op: Literal["insert_step"]
    step: dict[str, Any]
    edge: EdgeEnds


class UpdateStep(Frozen):
    """Other values for some keys of a step."""

    op: Literal["update_step"]
    id: StepId
    changes: dict[str, Any]


class RemoveSteps(Frozen):
    """Steps that go with all that lies in them; what came before is joined to what came after."""

    op: Literal["remove_steps"]
    ids: Ids


class Connect(Frozen):
    """A new edge."""

    op: Literal["connect"]
    source: StepId
    port: PortName | None = None
    target: StepId


class Disconnect(Frozen):
    """An edge that goes; without a port, all between the two."""

    op: Literal["disconnect"]
    source: StepId
    port: PortName | None = None
    target: StepId


class Reconnect(Frozen):
    """An edge with another start or end."""

    op: Literal["reconnect"]
    edge: EdgeEnds
    source: StepId | None = None
    port: PortName | None = None
    target: StepId | None = None


class Place(Frozen):
    """Other places on the canvas."""

    op: Literal["place"]
    positions: Positions


class Move(Frozen):
    """Steps that go into a container, or out to the top."""

    op: Literal["move"]
    ids: Ids
    parent: StepId | None
    positions: Positions = {}


class Reorder(Frozen):
    """A step that stands earlier or later in the list; that is the order of a sequence. None: at the end."""

    op: Literal["reorder"]
    id: StepId
    before: StepId | None = None


class RenameId(Frozen):
    """A step with another id, wherever it is named."""

    op: Literal["rename_id"]
    id: StepId
    new: str


class Fragment(Frozen):
    """Steps with the edges between them, as they lie on a clipboard."""

    steps: Annotated[tuple[dict[str, Any], ...], Field(min_length=1, max_length=2000)]
    edges: Annotated[tuple[dict[str, Any], ...], Field(max_length=10_000)] = ()


class Paste(Frozen):
    """A fragment put at a place; its steps get free ids."""

    op: Literal["paste"]
    fragment: Fragment
    parent: StepId | None = None
    at: Point


class LayOut(Frozen):
    """Tidy places for a container's steps, or for all."""

    op: Literal["lay_out"]
    parent: StepId | None = None


class SetInputs(Frozen):
    """Other inputs of the workflow."""

    op: Literal["set_inputs"]
    value: list[dict[str, Any]]


class SetOutputs(Frozen):
    """Other outputs of the workflow."""

    op: Literal["set_outputs"]
    value: dict[str, Any]


class SetGuardrails(Frozen):
    """Other limits of the whole run."""

    op: Literal["set_guardrails"]
    value: dict[str, Any]


class SetSla(Frozen):
    """Another time that a run should take at most; null for none."""

    op: Literal["set_sla"]
    value: dict[str, Any] | None


class SetNotes(Frozen):
    """Other sticky notes."""

    op: Literal["set_notes"]
    value: list[dict[str, Any]]


type Change = Annotated[
    AddStep
    | InsertStep
    | UpdateStep
    | RemoveSteps
    | Connect
    | Disconnect
    | Reconnect
    | Place
    | Move
    | Reorder
    | RenameId
    | Paste
    | LayOut
    | SetInputs
    | SetOutputs
    | SetGuardrails
    | SetSla
    | SetNotes,
    Field(discriminator="op"),
]

_CHANGES: Final = TypeAdapter[list[Change]](
    Annotated[list[Change], Field(min_length=1, max_length=MOST_CHANGES)]
)


def read_changes(documents: Iterable[Mapping[str, Any]]) -> list[Change]:
    """Read changes. Raises InvalidInput with the place and the reason."""
    try:
        return _CHANGES.validate_python(list(documents) if isinstance(documents, list | tuple) else documents)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"The change cannot be read: {place or 'the list'}: {first['msg']}.") from None
    except RecursionError:
        raise InvalidInput("The change cannot be read: it is nested too deeply.") from None
