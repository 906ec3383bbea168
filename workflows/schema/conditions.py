"""Conditions as data: comparisons of JSONPath values, grouped with all, any and not_."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from workflows.schema.base import Frozen, Json


class Operator(StrEnum):
    """How a value found by a path is compared."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    LT = "lt"
    GTE = "gte"
    LTE = "lte"
    CONTAINS = "contains"
    EXISTS = "exists"
    IN = "in"
    MATCHES = "matches"


class Comparison(Frozen):
    """One value compared. `path` is a JSONPath over outputs (`$.research.score`), or a `${...}` variable.

    A path may also begin with `inputs`, `context`, `item` or `loop`; `value` may hold variables.
    """

    path: Annotated[str, Field(min_length=1, max_length=500)]
    op: Operator
    value: Json = None


class Group(Frozen):
    """Exactly one of `all`, `any` or `not_`."""

    all: tuple["Condition", ...] | None = None
    any: tuple["Condition", ...] | None = None
    not_: "Condition | None" = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Group":
        given = [name for name in ("all", "any", "not_") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("a group of conditions has exactly one of: all, any, not_")
        return self


def _kind(value: Any) -> str:
    if isinstance(value, Group):
        return "<group>"
    keys = set(value) if isinstance(value, Mapping) else set()
    return "<group>" if keys & {"all", "any", "not_"} and not keys & {"path", "op"} else "<comparison>"


type Condition = Annotated[
    Annotated[Comparison, Tag("<comparison>")] | Annotated[Group, Tag("<group>")], Discriminator(_kind)
]

Group.model_rebuild()
