"""Every kind of field that a form can have. Pure."""

from typing import Final

from workflows.panels.kinds import answers, conditions, inputs, plain, rows, schemas, unions, values
from workflows.panels.kinds.kind import Kind

__all__ = ["KINDS", "Kind"]

KINDS: Final[dict[str, Kind]] = {
    **plain.KINDS,
    **values.KINDS,
    **rows.KINDS,
    **conditions.KINDS,
    **unions.KINDS,
    **schemas.KINDS,
    **inputs.KINDS,
    **answers.KINDS,
}
