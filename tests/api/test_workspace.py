"""Me, members, groups, keys, audit, agents, tools and health over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.models import Notice
from agents.operations import create_provider, seed_agents
from executions.models import Worker
from tests.api.callers import Caller, Callers, caller_of


def test_me_tells_role_permissions_and_scopes(callers: Callers) -> None:
    me = caller_of(callers.cast.cleo, "read", "run").get("/me").body
    assert (me["email"], me["role"], me["scopes"]) == ("cleo@example.com", "builder", ["read", "run"])
    assert me["permissions"] == ["view", "run"]
    assert me["workspace"]["slug"] == "acme"


def test_members_come_change_and_go(callers: Callers) -> None:
    assert callers.ben.post("/members", {"email": "new@example.com", "role": "viewer"}).status == 201
    assert callers.ben.patch("/members/new@example.com", {"role": "builder"}).body["role"] == "builder"
    assert callers.eve.get("/members").body["count"] == 6
    assert callers.ben.delete("/members/new@example.com").status == 204
    assert callers.ben.delete("/members/finn@example.com").status == 404
    assert callers.ben.patch("/members/ada@example.com", {"role": "viewer"}).status == 403


def test_groups_are_listed(callers: Callers) -> None:
    assert callers.eve.get("/groups").body["items"] == [
        {"slug": "board", "name": "Board", "members": ["ada@example.com", "dan@example.com"]}
    ]


def test_a_key_is_made_shown_once_and_revoked(callers: Callers) -> None:
    made = callers.ada.post("/api-keys", {"name": "CI", "scopes": ["read"]})
    assert made.status == 201
    fresh = Caller(made.body["key"])
    assert fresh.get("/me").body["scopes"] == ["read"]
    assert made.body["key"] not in str(callers.ada.get("/api-keys").body)
    assert callers.ada.post(f"/api-keys/{made.body['id']}/revocation").status == 200
    assert fresh.get("/me").status == 401
    assert callers.finn.post(f"/api-keys/{made.body['id']}/revocation").status == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "x", "scopes": []}, {"name": "x", "scopes": ["root"]}, {"name": "", "scopes": ["read"]},
     {"name": "x", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"}],
)  # fmt: skip
def test_a_key_that_makes_no_sense_is_refused(callers: Callers, body: dict[str, Any]) -> None:
    assert callers.ada.post("/api-keys", body).status == 422


def test_the_audit_trail_is_read_and_narrowed(callers: Callers) -> None:
    callers.cleo.post("/workflows", {"name": "New"})
    found = callers.ben.get("/audit?action=workflow.create").body["items"]
    assert [(one["actor_label"], one["via"], one["object_label"]) for one in found] == [
        ("Cleo", "api", "New")
    ]


def test_agents_tools_and_models_are_listed(callers: Callers) -> None:
    seed_agents(callers.cast.workspace)
    agents = callers.eve.get("/agents?limit=200").body
    assert agents["count"] >= 30
    assert callers.eve.get("/agents?capability=data-analysis").body["count"] >= 1
    assert callers.eve.get("/agents?search=analyst&category=data").body["count"] >= 1
    agent = callers.eve.get("/agents/data-analyst").body
    assert agent["system_prompt"]
    assert callers.eve.get("/tools/calculator").body["parameters"]["properties"]
    assert callers.eve.get("/tools").body["count"] >= 2
    assert callers.eve.get("/models").body["items"][0]["kind"] == "embedded"
    assert callers.finn.get("/agents").body["count"] == 0
    assert callers.finn.get("/agents/data-analyst").status == 404


def test_notices_are_read_by_each_for_themselves(callers: Callers) -> None:
    Notice.objects.create(workspace=callers.cast.workspace, title="For all")
    assert callers.eve.post("/notices/reading").body == {"read": 1}
    assert callers.eve.get("/notices").body["items"][0]["is_read"] is True
    assert callers.ben.get("/notices").body["items"][0]["is_read"] is False
    assert callers.finn.get("/notices").body["count"] == 0


def test_a_providers_key_is_never_shown(callers: Callers) -> None:
    secret = "sk-very-secret-value"
    create_provider(slug="main", name="Main", kind="openai", api_key=secret, by=callers.cast.ada.actor)
    answer = callers.ben.get("/providers")
    assert answer.body["items"][0]["has_key"] is True
    everything = [callers.ben.get(path).body for path in ("/providers", "/models", "/audit?limit=200")]
    assert secret not in str(everything)


def test_anybody_may_ask_whether_it_lives(callers: Callers) -> None:
    assert callers.nobody.get("/health").body["status"] == "ok"
    assert callers.nobody.get("/health/details").status == 401


def test_health_tells_each_part_and_what_is_needed(callers: Callers, settings: Any) -> None:
    settings.MODEL_SERVER_URL = "http://127.0.0.1:9/v1"
    answer = callers.eve.get("/health/details")
    parts = {part["name"]: part["ok"] for part in answer.body["parts"]}
    assert answer.status == 503
    assert parts == {"database": True, "redis": True, "embedded model": False, "worker": False}
    Worker.objects.create(name="w", lease_until=timezone.now() + timedelta(minutes=1))
    answer = callers.eve.get("/health/details")
    assert (answer.status, answer.body["status"]) == (200, "degraded")


def test_the_schema_describes_every_route_and_the_error_format(callers: Callers) -> None:
    schema = callers.nobody.get("/openapi.json").body
    operations = [op for item in schema["paths"].values() for op in item.values() if isinstance(op, dict)]
    assert len(operations) > 50
    for operation in operations:
        assert operation.get("description") or operation.get("summary")
        assert operation["responses"]["default"]["content"]["application/json"]["schema"]["$ref"].endswith(
            "ErrorBody"
        )
    assert "ErrorBody" in schema["components"]["schemas"]


def test_the_docs_page_works_under_the_strict_policy(callers: Callers) -> None:
    response = callers.nobody.client.get("/api/v1/docs")
    assert response.status_code == 200
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    page = response.content.decode()
    scripts = [part.split(">")[0] for part in page.split("<script")[1:]]
    assert all("src=" in script or 'type="application/json"' in script for script in scripts)
    assert "https://" not in page.replace("https://django", "")
    assert " style=" not in page
