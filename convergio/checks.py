"""What any text or JSON from outside must fulfil before it goes into the database. Pure."""

import itertools
import json
import math
import re
from collections.abc import Container, Iterator
from typing import Any

from convergio.errors import InvalidInput

SLUG = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,99}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def refuse(field: str, sentence: str) -> InvalidInput:
    """Return the refusal of one field, whose sentence also stands in the details."""
    return InvalidInput(sentence, details=[{"field": field, "message": sentence}])


def text(value: Any, field: str, *, most: int, least: int = 0) -> str:
    """Return text without blanks around it. Raises InvalidInput when it is none, too long or unstorable."""
    if not isinstance(value, str):
        raise refuse(field, f"“{field}” must be text.")
    if _UNSTORABLE.search(value):
        raise refuse(
            field, f"“{field}” holds characters that cannot be stored (NUL or half a surrogate pair)."
        )
    stripped = value.strip()
    if len(stripped) < least:
        raise refuse(field, f"“{field}” must not be empty.")
    if len(stripped) > most:
        raise refuse(field, f"“{field}” may have at most {most} characters; it has {len(stripped)}.")
    return stripped


def slug(value: Any, field: str = "slug") -> str:
    """Return a slug. Raises InvalidInput, with the rule, when it is none."""
    found = text(value, field, most=100)
    if not SLUG.fullmatch(found):
        raise refuse(
            field,
            f"“{found}” is no slug: it begins with a letter; letters, digits, _ or - follow, 100 in all.",
        )
    return found


def free_slug(stem: str, taken: Container[str]) -> str:
    """Return a slug that is not taken: the stem, else the stem with the first number that makes it free."""
    candidates = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    return next(candidate for candidate in candidates if candidate not in taken)


def texts(values: Any, field: str, *, most: int, count: int) -> list[str]:
    """Return a list of different, non-empty texts in the order given."""
    if not isinstance(values, (list, tuple)) or len(values) > count:
        raise refuse(field, f"“{field}” must be a list of at most {count} texts.")
    return list(dict.fromkeys(text(value, field, most=most, least=1) for value in values))


def _fault(value: Any) -> str | None:
    if isinstance(value, str):
        return "text with NUL or half a surrogate pair" if _UNSTORABLE.search(value) else None
    if isinstance(value, float):
        return None if math.isfinite(value) else "a number that is not finite"
    if value is None or isinstance(value, (bool, int, list, tuple, dict)):
        return None
    return f"a {type(value).__name__}, which is not JSON"


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, (list, tuple)):
        yield from value


def nests_deeper(value: Any, levels: int) -> bool:
    """Tell whether a JSON value is nested in more lists and objects than so many."""
    level = [value]
    for _ in range(levels + 1):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def json_document(value: Any, *, field: str, most_bytes: int = 2_000_000, most_depth: int = 60) -> Any:
    """Return a JSON value as it is. Raises InvalidInput when it is too deep, too large or unstorable."""
    level: list[Any] = [value]
    for _ in range(most_depth):
        fault = next((found for item in level if (found := _fault(item))), None)
        if fault:
            raise refuse(field, f"“{field}” holds {fault}; it cannot be stored.")
        level = [child for item in level for child in _children(item)]
        if not level:
            break
    else:
        raise refuse(field, f"“{field}” is nested more than {most_depth} levels deep.")
    size = len(json.dumps(value, ensure_ascii=False).encode())
    if size > most_bytes:
        raise refuse(field, f"“{field}” is {size:,} bytes long; at most {most_bytes:,} are allowed.")
    return value
