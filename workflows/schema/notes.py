"""Sticky notes: what authors write beside their steps. Checks and runs take no notice of them."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from workflows.schema.base import Frozen, Position, StepId

type NoteColour = Literal["yellow", "green", "blue", "pink", "grey"]


class NoteSize(Frozen):
    """Width and height of a note on the canvas, in pixels."""

    width: Annotated[float, Field(ge=80, le=4000)] = 240
    height: Annotated[float, Field(ge=40, le=4000)] = 120


class Note(Frozen):
    """A note at a place of the canvas. Its id is unique among the notes; a step may have the same."""

    id: StepId
    text: Annotated[str, Field(max_length=5000)] = ""
    position: Position = Position()
    size: NoteSize = NoteSize()
    colour: NoteColour = "yellow"


def _with_ids_of_their_own(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    seen: set[str] = set()
    for note in notes:
        if note.id in seen:
            raise ValueError(f"two notes have the id {note.id!r}")
        seen.add(note.id)
    return notes


Notes = Annotated[tuple[Note, ...], Field(max_length=500), AfterValidator(_with_ids_of_their_own)]
