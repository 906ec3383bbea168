"""Whom a step asks, and the form they fill: both may be computed by earlier steps. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from convergio.errors import InvalidInput
from executions.engine.steps.kind import text
from workflows.expressions import Scope, resolve
from workflows.form_defaults import with_defaults
from workflows.schema.asking import Asking

MOST = 50
"""People, groups and roles that one step may ask."""
KINDS = ("user:", "group:", "role:")


def request(config: Asking, scope: Scope) -> dict[str, Any]:
    """What approvals and forms have in common, as people will see it. Raises InvalidInput."""
    return config.model_dump(mode="json") | {
        "title": text(config.title, scope),
        "description": text(config.description, scope),
        "escalate_to": tokens(config.escalate_to, scope),
        "feedback": None,
    }


def tokens(asked: Iterable[str], scope: Scope) -> list[str]:
    """Who is asked, as `user:…`, `group:…` and `role:…`, each once. Raises InvalidInput for what names nobody."""
    found = list(dict.fromkeys(token for one in asked for token in _tokens_of(resolve(one, scope), one)))
    if len(found) > MOST:
        raise InvalidInput(f"{len(found)} are asked; at most {MOST} people, groups and roles can be.")
    return found


def _tokens_of(value: Any, source: str) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _tokens_of(one, source)
    elif isinstance(value, Mapping) and "email" in value:
        yield from _tokens_of(value["email"], source)
    elif value is not None and value != "":
        yield _token(value, source)


def _token(value: Any, source: str) -> str:
    given = value.strip() if isinstance(value, str) else ""
    if given.startswith(KINDS) and given.partition(":")[2].strip() and len(given) <= 320:
        return given
    if "@" in given and not any(mark in given for mark in " :,;") and len(given) <= 300:
        return f"user:{given}"
    shown = str(value)[:100]
    raise InvalidInput(
        f"“{source}” gives “{shown}”, which names nobody: it must give an e-mail address, user:…, group:… or role:…."
    )


def form(schema: Mapping[str, Any] | None, scope: Scope) -> dict[str, Any] | None:
    """A form whose defaults are filled in. Raises InvalidInput."""
    return None if schema is None else with_defaults(schema, lambda value: resolve(value, scope))
