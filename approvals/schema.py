"""Forms of requests: do the values that somebody filled in fit the form's JSON Schema? Pure."""

from collections.abc import Mapping
from typing import Any

from convergio.errors import ConvergioError, InvalidInput
from convergio.json_schemas import schema_fault, value_faults


def check(values: Any, schema: Mapping[str, Any], *, field: str = "form") -> dict[str, Any]:
    """Return the values. Raises InvalidInput with one detail per fault."""
    if not isinstance(values, dict):
        raise InvalidInput("The form's values must be an object.", details=[{"field": field}])
    unusable = schema_fault(schema)
    if unusable:
        raise InvalidInput(f"This form cannot be filled, its workflow must be mended: {unusable}.")
    faults = value_faults(values, schema)
    if faults:
        details = [{"field": f"{field}{fault['location']}", "message": fault["message"]} for fault in faults]
        raise InvalidInput(
            f"The form is not filled in as it should be: {faults[0]['message']}", details=details
        )
    return values


def faults_of(refusal: ConvergioError | None, *, field: str = "form") -> dict[str, str]:
    """Return what a refusal says of each field of a form, by the field's name."""
    details = refusal.details if refusal else []
    prefix = f"{field}/"
    return {str(one.get("field", "")).removeprefix(prefix): str(one.get("message", "")) for one in details}
