"""Declared inputs of a workflow: they drive the run form, the API's check and the docs."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from workflows.schema.base import Frozen, Json


class InputType(StrEnum):
    """What a person is asked for. `text` has several lines; `file` becomes a reference to a run file."""

    STRING = "string"
    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"
    LIST = "list"
    OBJECT = "object"
    FILE = "file"


class InputField(Frozen):
    """One input. `choices` belongs to type choice; `accept` (file endings like ".csv") to type file."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_]{0,63}$")]
    type: InputType = InputType.STRING
    label: Annotated[str, Field(max_length=200)] = ""
    help: Annotated[str, Field(max_length=1000)] = ""
    required: bool = False
    default: Json = None
    choices: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
