"""How a JSON Schema is put to a model. Pure."""

from typing import Any

LONGEST_TEXT = 400
LONGEST_LIST = 6


def response_format(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the argument that asks an OpenAI-like server for JSON of a shape."""
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": schema, "strict": is_strict(schema)},
    }


def is_strict(schema: Any) -> bool:
    """Tell whether a schema keeps OpenAI's strict rules: objects are closed and every property is required."""
    if isinstance(schema, list):
        return all(is_strict(part) for part in schema)
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object" or "properties" in schema:
        properties = schema.get("properties")
        if not isinstance(properties, dict) or schema.get("additionalProperties") is not False:
            return False
        if set(schema.get("required") or ()) != set(properties):
            return False
        return all(is_strict(part) for part in properties.values())
    return all(is_strict(part) for part in schema.values())


def bounded(schema: Any) -> Any:
    """Return a schema for a grammar: texts and lists end, objects hold nothing unasked, shares are steps.

    A grammar cannot keep a decimal number within bounds, so one that has two becomes a choice of eleven.
    """
    if isinstance(schema, list):
        return [bounded(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    limited = {key: _inner(key, part) for key, part in schema.items()}
    kind = limited.get("type")
    if kind == "string" and not limited.keys() & {"enum", "const", "pattern", "format", "maxLength"}:
        limited["maxLength"] = max(LONGEST_TEXT, int(limited.get("minLength", 0)))
        limited.setdefault("minLength", 1)
    if kind == "array" and "maxItems" not in limited:
        limited["maxItems"] = max(LONGEST_LIST, int(limited.get("minItems", 0)))
    if kind == "object" and "properties" in limited:
        limited.setdefault("additionalProperties", False)
    if kind == "number" and isinstance(limited.get("minimum"), int | float) and "maximum" in limited:
        return {"enum": _steps(limited["minimum"], limited["maximum"])}
    return limited


def _steps(least: float, most: float) -> list[float]:
    return [round(least + (most - least) * step / 10, 6) for step in range(11)]


def _inner(key: str, part: Any) -> Any:
    if key in ("properties", "$defs", "definitions") and isinstance(part, dict):
        return {name: bounded(value) for name, value in part.items()}
    return part if key in ("enum", "const", "default", "examples", "required") else bounded(part)
