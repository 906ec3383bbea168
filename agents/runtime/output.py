"""Reading JSON out of what a model said, and checking it against a schema; no reference is ever fetched."""

import json
import re
from itertools import islice
from typing import Any

from convergio.json_schemas import value_faults

MOST_FINDINGS = 6
MOST_TRIES = 200
"""Brackets at which JSON may begin that are looked at."""
_FENCE = re.compile(r"```(?:json|JSON)?\s*\n(.*?)```", re.DOTALL)
_DECODER = json.JSONDecoder()


def findings(schema: dict[str, Any], value: Any) -> list[str]:
    """Return what is wrong with a value, a sentence each; nothing when it fits."""
    faults = value_faults(value, schema, most=MOST_FINDINGS)
    return [f"{fault['location'] or 'the whole answer'}: {fault['message']}" for fault in faults]


def extract(text: str) -> tuple[Any, str]:
    """Return the JSON in a text and an empty string, or None and the reason that there is none."""
    whole = text.strip()
    for candidate in (whole, *(found.strip() for found in _FENCE.findall(text))):
        try:
            return json.loads(candidate), ""
        except (ValueError, RecursionError):
            continue
    for found in islice(re.finditer(r"[{\[]", text), MOST_TRIES):
        try:
            return _DECODER.raw_decode(text, found.start())[0], ""
        except ValueError:
            continue
        except RecursionError:
            break
    if not whole:
        return None, "the answer is empty"
    return None, "the answer holds no complete JSON value"


def parse(text: str, schema: dict[str, Any]) -> tuple[Any, list[str]]:
    """Return the value that a text carries, and what is wrong with it."""
    value, trouble = extract(text)
    return (None, [trouble]) if trouble else (value, findings(schema, value))
