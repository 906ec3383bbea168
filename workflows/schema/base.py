"""The smallest parts that every piece of a definition is made of."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

type Json = Any
"""Any JSON value; strings in it may hold `${...}` variables where a field says so."""

StepId = Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_]{0,63}$")]
"""Unique in its definition. No hyphen, so that `$.step_id.field` stays a plain JSONPath."""

PortName = Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_]{0,63}$")]
Slug = Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_-]{0,99}$")]
Seconds = Annotated[float, Field(gt=0, le=366 * 86400)]
Assignee = Annotated[
    str, Field(pattern=r"^(user:.+@.+|group:[a-zA-Z0-9_-]+|role:(owner|admin|builder|approver|viewer))$")
]


class Frozen(BaseModel):
    """A value that never changes and refuses keys it does not know, by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=200_000)


class Position(Frozen):
    """Top left corner of a step's card on the canvas, in pixels."""

    x: float = 0
    y: float = 0
