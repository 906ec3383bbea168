"""Programs that call the API: each acts for one of the cast, by key."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.test import Client

from convergio.workspaces import operations
from tests.people import Cast, Person

BASE = "/api/v1"


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Any

    @property
    def error(self) -> dict[str, Any]:
        """The problem, which every refusal carries in the one format."""
        assert set(self.body) == {"error"}, self.body
        problem: dict[str, Any] = self.body["error"]
        assert set(problem) == {"code", "message", "details"}, problem
        assert problem["message"]
        assert isinstance(problem["details"], list)
        return problem


@dataclass
class Caller:
    """A program with a key (or without)."""

    key: str = ""
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def ask(
        self, verb: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> Answer:
        """Ask and read the answer as JSON."""
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", **headers} if self.key else headers
        response = self.client.generic(verb, BASE + path, data, "application/json", headers=headers)
        is_json = response.get("Content-Type", "").startswith("application/json")
        content = json.loads(response.content) if is_json and response.content else None
        return Answer(response.status_code, content, response.headers)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.ask("POST", path, {} if body is None else body, **headers)

    def put(self, path: str, body: Any) -> Answer:
        return self.ask("PUT", path, body)

    def patch(self, path: str, body: Any) -> Answer:
        return self.ask("PATCH", path, body)

    def delete(self, path: str) -> Answer:
        return self.ask("DELETE", path)


ALL_SCOPES = ("read", "run", "decide", "build", "admin")


def caller_of(person: Person, *scopes: str) -> Caller:
    """A program with a key of a person; with all scopes unless told otherwise."""
    _, key = operations.create_api_key(name="Robot", scopes=scopes or ALL_SCOPES, by=person.actor)
    return Caller(key)


@dataclass
class Callers:
    """A program for each of the cast, with a key from when it is first needed, and one that nobody knows."""

    cast: Cast
    nobody: Caller = field(default_factory=Caller)

    @cached_property
    def ada(self) -> Caller:
        return caller_of(self.cast.ada)

    @cached_property
    def ben(self) -> Caller:
        return caller_of(self.cast.ben)

    @cached_property
    def cleo(self) -> Caller:
        return caller_of(self.cast.cleo)

    @cached_property
    def dan(self) -> Caller:
        return caller_of(self.cast.dan)

    @cached_property
    def eve(self) -> Caller:
        return caller_of(self.cast.eve)

    @cached_property
    def finn(self) -> Caller:
        return caller_of(self.cast.finn)

    @property
    def by_role(self) -> dict[str, Caller]:
        return {
            "owner": self.ada,
            "admin": self.ben,
            "builder": self.cleo,
            "approver": self.dan,
            "viewer": self.eve,
            "outsider": self.finn,
            "nobody": self.nobody,
        }
