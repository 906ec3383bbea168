"""The API under /api/v1: every route of every app, one way to ask and one way to be refused."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from agents.api import router as agents
from approvals.api import router as approvals
from convergio import __version__
from convergio.notifications.api import router as notifications
from convergio.rest import errors
from convergio.rest.auth import BOTH
from convergio.rest.bodies import StrictParser
from convergio.rest.health import CHECKS
from convergio.rest.health import router as health
from convergio.workspaces.api import router as workspaces
from executions.api import ask_worker, uploads
from executions.api import router as executions
from executions.trials.api import router as trials
from workflows.api import gallery
from workflows.api import router as workflows

DESCRIPTION = """
Everything the pages do. Send an API key as `Authorization: Bearer cvg_…`, or use the session of a signed-in person
(unsafe methods then need the header `X-CSRFToken`). Lists are asked for by `limit` and `offset`. Every refusal looks
like `{"error": {"code", "message", "details": [...]}}`.
"""
VERBS = frozenset({"get", "post", "put", "patch", "delete"})


class Api(NinjaAPI):
    """Tells in its schema that every route may answer with the one error format."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(**facts)
        self._schemas: dict[str, OpenAPISchema] = {}

    def get_openapi_schema(self, *, path_prefix: str | None = None, **facts: Any) -> OpenAPISchema:
        """Return the OpenAPI document with a default answer for every operation; routes stay, so it is made once."""
        key = path_prefix or ""
        if key not in self._schemas:
            self._schemas[key] = self._make_schema(path_prefix=path_prefix, **facts)
        return self._schemas[key]

    def _make_schema(self, **facts: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**facts)
        problem = errors.ErrorBody.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = schema["components"].setdefault("schemas", {})
        schemas |= {**problem.pop("$defs"), "ErrorBody": problem}
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
        for item in schema["paths"].values():
            for verb in VERBS & set(item):
                item[verb]["responses"]["default"] = {"description": "A refusal", "content": content}
        return schema


api = Api(
    title="Convergio",
    version=__version__,
    description=DESCRIPTION,
    auth=BOTH,
    parser=StrictParser(),
    urls_namespace="api",
)
errors.install(api)
CHECKS["worker"] = (ask_worker, True)
for router in (
    workflows,
    gallery,
    executions,
    trials,
    uploads,
    approvals,
    agents,
    notifications,
    workspaces,
    health,
):
    api.add_router("", router)
