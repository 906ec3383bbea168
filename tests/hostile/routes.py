"""Every address of the product, found by asking the product: a new route is tried without anybody remembering it.

What a route needs to be filled stands in the tables here; a route that is missing in them fails the tests.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from convergio.api import VERBS, api
from tests.hostile.world import World
from tests.workflows.examples import SMALL

BASE = "/api/v1"
NOT_OURS = ("admin/", "api/v1/", "account/", "answer/")  # the last opens to a secret, whoever asks

PARAMETERS: dict[tuple[str, str], str] = {
    ("workflows", "slug"): "workflow",
    ("agents", "slug"): "agent",
    ("executions", "execution_id"): "execution",
    ("runs", "id"): "execution",
    ("files", "file_id"): "file",
    ("files", "id"): "file",
    ("approvals", "request_id"): "request",
    ("approvals", "filter_id"): "filter",
    ("approvals", "absence_id"): "absence",
    ("approvals", "id"): "request",
    ("approvals/filters", "id"): "filter",
    ("approvals/absences", "id"): "absence",
    ("members", "email"): "email",
    ("api-keys", "key_id"): "key",
    ("workspace", "id"): "workspace",
}
"""First word of an address, or first two, and name of its parameter: which object it names."""
SHARED = {("templates", "slug"): "strategic-analysis", ("tools", "slug"): "calculator"}
"""What everybody has in common."""
ALWAYS = {"number": "1", "step": "greet", "ending": "md", "order": "cancellation"}
"""Parts of an address that name no object by themselves."""


@dataclass(frozen=True, slots=True)
class Route:
    """One address with one verb; pages have the verb “*”."""

    verb: str
    path: str

    def __str__(self) -> str:
        return f"{self.verb} {self.path}"

    @property
    def names(self) -> list[str]:
        """The parameters in the address."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def is_foreign(self) -> bool:
        """Whether the address names something that lies in a workspace."""
        return any((self.first, name) in PARAMETERS for name in self.names)

    @property
    def first(self) -> str:
        """The first word of the address."""
        return self.path.removeprefix(BASE).strip("/").split("/")[0]

    @property
    def two(self) -> str:
        """The first two words of the address."""
        return "/".join(self.path.removeprefix(BASE).strip("/").split("/")[:2])

    def filled(self, ids: dict[str, str]) -> str:
        """The address with the ids of a world. Raises KeyError for a parameter that is not in the tables."""
        return re.sub(r"{(\w+)}", lambda found: self._value(found[1], ids), self.path)

    def _value(self, name: str, ids: dict[str, str]) -> str:
        if name in ALWAYS:
            return ALWAYS[name]
        where = (self.first, name)
        if where in SHARED:
            return SHARED[where]
        return ids[PARAMETERS.get((self.two, name)) or PARAMETERS[where]]


@cache
def operations() -> dict[Route, dict[str, Any]]:
    """Every operation of the API with what OpenAPI says of it."""
    paths = api.get_openapi_schema()["paths"]
    return {
        Route(verb.upper(), path): facts
        for path, item in paths.items()
        for verb, facts in item.items()
        if verb in VERBS
    }


def pages() -> list[Route]:
    """Every page."""
    return [Route("*", path) for path in _addresses(get_resolver()) if not path[1:].startswith(NOT_OURS)]


def _addresses(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    for one in resolver.url_patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
        else:
            yield from _addresses(one, path)


def bodies(world: World) -> dict[str, dict[str, Any] | None]:
    """For each operation that takes a body: one that is good. `None` stands for an upload."""
    return {
        "POST /workflows": {"name": "New"},
        "POST /workflow-imports": {"document": SMALL, "name": "Imported"},
        "POST /validations": {"definition": SMALL},
        "PATCH /workflows/{slug}": {"description": "Changed"},
        "PUT /workflows/{slug}/draft": {"revision": 0, "definition": SMALL},
        "POST /workflows/{slug}/versions": {"note": "Next"},
        "POST /workflows/{slug}/copies": {"name": "Copy"},
        "POST /templates/{slug}/workflows": {"name": "From a template"},
        "POST /executions": {"workflow": world.ids["workflow"], "inputs": {"city": "Rome"}},
        "POST /executions/{execution_id}/cancellation": {"reason": "enough"},
        "POST /executions/{execution_id}/forks": {"path": "greet"},
        "POST /workflows/{slug}/trials": {"inputs": {"city": "Rome"}},
        "PUT /workflows/{slug}/pins/{step}": {"output": "Hello"},
        "POST /events": {"name": "zz-event", "payload": {}},
        "POST /files": None,
        "POST /approvals/{request_id}/decisions": {"answer": "approve", "comment": "yes"},
        "POST /approvals/decisions": {"ids": [world.ids["request"]], "answer": "approve"},
        "POST /approvals/{request_id}/delegations": {"to": "cleo@example.com"},
        "POST /approvals/{request_id}/comments": {"text": "Why?"},
        "POST /approvals/filters": {"name": "Mine"},
        "POST /approvals/absences": {
            "stand_in": "cleo@example.com",
            "first_day": "2030-01-01",
            "last_day": "2030-01-02",
        },
        "POST /notifications/reading": {"ids": None},
        "PATCH /notifications/preferences": {"preferences": {"asked": {"page": True, "email": False}}},
        "POST /members": {"email": "new@example.com", "role": "viewer"},
        "PATCH /members/{email}": {"role": "viewer"},
        "POST /api-keys": {"name": "More", "scopes": ["read"]},
    }


def body_for(route: Route, facts: dict[str, Any], world: World) -> dict[str, Any] | None:
    """A good body of an operation. Raises KeyError for one that nobody wrote down."""
    if "requestBody" not in facts:
        return None
    return bodies(world)[str(route).replace(BASE, "")]
