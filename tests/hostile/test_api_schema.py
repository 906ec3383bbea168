"""Schemathesis: what fits the OpenAPI document and what does not, sent to every operation.

Never a 5xx, every answer as the document declares it, every refusal in the one error format. The same few examples
each time; HYPOTHESIS_PROFILE=thorough draws many more.
"""

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.openapi import from_wsgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from convergio.workspaces import operations as workspaces
from tests.hostile.conftest import undone
from tests.hostile.routes import Route
from tests.hostile.world import World
from tests.people import Cast

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 400 if hypothesis.settings.default.max_examples > 100 else 2
schema = from_wsgi("/api/v1/openapi.json", get_wsgi_application())
OPERATIONS = {one.ok().label: one.ok() for one in schema.get_all_operations()}


@pytest.fixture
def headers(cast: Cast, ours: World) -> dict[str, str]:
    scopes = ("read", "run", "decide", "build", "admin")
    _, key = workspaces.create_api_key(name="Robot", scopes=scopes, by=cast.ada.actor)
    return {"Authorization": f"Bearer {key}"}


def own(label: str, ours: World) -> dict[str, str]:
    """The parameters of an address that lead to what is there."""
    verb, path = label.split(" ", 1)
    route = Route(verb, path)
    return {name: route._value(name, ours.ids) for name in route.names}


def check(case: Any, headers: dict[str, str]) -> None:
    with undone():
        response = case.call(headers={**(case.headers or {}), **headers})
    case.validate_response(response, checks=CHECKS)
    if response.status_code >= 400:
        problem = response.json()["error"]
        assert set(problem) == {"code", "message", "details"}
        assert problem["message"].strip() and "Traceback" not in problem["message"]


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """The application keeps the test's connection, as it does under Django's own test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("_one_connection")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fits", "fits not"])
@pytest.mark.parametrize("part", range(3))
def test_every_operation_answers_as_declared(
    part: int, mode: GenerationMode, headers: dict[str, str], ours: World
) -> None:
    wrong = {}
    for label in list(OPERATIONS)[part::3]:
        try:
            tried(label, mode, headers, own(label, ours))
        except (Exception, ExceptionGroup) as error:
            wrong[label] = _why(error)
    assert wrong == {}


def _why(error: BaseException) -> str:
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return " | ".join([str(error)[:1500], *map(_why, inner)])


def tried(label: str, mode: GenerationMode, headers: dict[str, str], ids: dict[str, str]) -> None:
    """Send some examples to one operation; three of four go to what is there."""
    try:
        cases = OPERATIONS[label].as_strategy(generation_mode=mode)
    except schemathesis.errors.SchemathesisError:
        return  # nothing that does not fit can be made

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, is_there=st.sampled_from([True, True, True, False]))
    def run(case: Any, is_there: bool) -> None:
        if ids and is_there and not label.endswith("/stream"):
            case.path_parameters = {**(case.path_parameters or {}), **ids}
        check(case, headers)

    try:
        run()
    except Unsatisfiable:
        return  # as above
