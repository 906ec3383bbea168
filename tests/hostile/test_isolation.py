"""Nothing of a workspace can be seen, named, changed or joined from another one, whatever route is taken."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from convergio.workspaces import operations as workspaces
from convergio.workspaces.models import Member
from executions.models import Execution
from tests.hostile.conftest import ask, text_of, undone
from tests.hostile.routes import Route, bodies, body_for, operations, pages
from tests.hostile.test_roles import PAGES
from tests.hostile.world import World, models_of_ours, rows_of, snapshot
from tests.pages import browser
from tests.people import Cast

NOBODY = {
    "uuid": "01a1fe4f-0000-7000-8000-00000000dead",
    "slug": "zz-nobody",
    "email": "zz-nobody@example.com",
    "number": "999999",
}
"""What names nothing anywhere, in each form that an id may have."""
METHODS = ("GET", "POST")


def like(value: str) -> str:
    """An id of the same form as another, that names nothing."""
    if "@" in value:
        return NOBODY["email"]
    if value.isdigit():
        return NOBODY["number"]
    try:
        uuid.UUID(value)
    except ValueError:
        return NOBODY["slug"]
    return NOBODY["uuid"]


@pytest.fixture
def key(cast: Cast, ours: World) -> dict[str, str]:
    """Headers of a program that may do everything in our workspace."""
    scopes = ("read", "run", "decide", "build", "admin")
    _, key = workspaces.create_api_key(name="Robot", scopes=scopes, by=cast.ada.actor)
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def ada(cast: Cast, ours: World) -> Client:
    return browser(cast.ada)


def test_a_workspace_has_one_of_every_object(theirs: World) -> None:
    """So that the tests below miss no kind of object, also none that is made later."""
    assert [model._meta.label for model in models_of_ours() if not rows_of(model, theirs)] == []


def test_no_route_of_the_api_takes_a_foreign_id(key: dict[str, str], ours: World, theirs: World) -> None:
    before, client = snapshot(theirs), Client()
    tried = 0
    for route, facts in operations().items():
        address, body = route.filled(theirs.ids), body_for(route, facts, ours)
        if not route.is_foreign:
            continue
        answer = ask(client, route.verb, address, body, **key)
        assert answer.status_code == 404, f"{route}: {answer.status_code} {text_of(answer)[:300]}"
        assert theirs.mark not in text_of(answer), route
        unknown = ask(client, route.verb, route.filled(strange(theirs.ids)), body, **key)
        assert text_of(unknown) == text_of(answer), f"{route}: what exists elsewhere is told apart"
        tried += 1
    assert tried > 30
    assert snapshot(theirs) == before


def strange(ids: dict[str, str]) -> dict[str, str]:
    return {name: like(value) for name, value in ids.items()}


def test_no_field_of_a_body_takes_a_foreign_id(key: dict[str, str], ours: World, theirs: World) -> None:
    """A foreign id means as much as one that names nothing: the answer has the same status and tells nothing."""
    before, client = snapshot(theirs), Client()
    for route, facts in operations().items():
        good = body_for(route, facts, ours)
        for name in fields_of(facts) if good is not None else ():
            for foreign in (theirs.ids[kind] for kind in ("workflow", "execution")):
                if (str(route), name) == ("POST /api/v1/members", "email"):
                    continue  # people belong to nobody: everybody may be let in, by their address
                address = route.filled(ours.ids)
                answer = ask(client, route.verb, address, {**good, name: foreign}, **key)
                same = ask(client, route.verb, address, {**good, name: like(foreign)}, **key)
                where = f"{route} with {name}={foreign}"
                assert answer.status_code == same.status_code, f"{where}: {text_of(answer)[:300]}"
                assert theirs.mark not in text_of(answer), where
    assert snapshot(theirs) == before


def fields_of(facts: dict[str, Any]) -> list[str]:
    """The fields of a JSON body that may hold a text."""
    from convergio.api import api

    content = facts.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    name = next((part["$ref"] for part in [schema, *schema.get("anyOf", [])] if "$ref" in part), "")
    properties = api.get_openapi_schema()["components"]["schemas"].get(name.rpartition("/")[2], {})
    return [
        field
        for field, facts in properties.get("properties", {}).items()
        if "string" in [facts.get("type"), *(one.get("type") for one in facts.get("anyOf", []))]
    ]


def test_a_run_takes_no_foreign_workflow_file_or_key(
    key: dict[str, str], ours: World, theirs: World, cast: Cast
) -> None:
    client, start = Client(), "/api/v1/executions"
    assert ask(client, "POST", start, {"workflow": theirs.ids["workflow"]}, **key).status_code == 404
    takes_file = {
        "inputs": [{"name": "table", "type": "file", "required": True}],
        "steps": [{"id": "a", "type": "transform", "config": {"value": 1}}],
    }
    workflow = ours.rows["workflow"]
    type(workflow.published).objects.filter(pk=workflow.published.pk).update(definition=takes_file)  # type: ignore[attr-defined]
    for field in ({"file": theirs.ids["file"], "name": "x"}, theirs.ids["file"]):
        body = {"workflow": ours.ids["workflow"], "inputs": {"table": field}}
        answer = ask(client, "POST", start, body, **key)
        assert answer.status_code == 422, text_of(answer)
        assert theirs.mark not in text_of(answer)
    own = {"workflow": ours.ids["workflow"], "inputs": {"table": {"file": ours.ids["file"], "name": "x"}}}
    assert ask(client, "POST", start, own, **key).status_code == 201
    Execution.objects.filter(pk=theirs.ids["execution"]).update(idempotency_key="key:same")
    answer = ask(client, "POST", start, own, **key, **{"Idempotency-Key": "same"})
    assert answer.status_code == 201
    assert answer.json()["id"] != theirs.ids["execution"]


NAMING: list[dict[str, Any]] = [
    {"type": "agent", "config": {"agent": "{agent}", "prompt": "x"}},
    {"type": "agent", "config": {"capability": "zz-capability", "prompt": "x"}},
    {"type": "team", "config": {"members": ["{agent}", "{agent}"], "prompt": "x"}},
    {"type": "workflow", "config": {"workflow": "{workflow}"}},
    {"type": "approval", "config": {"title": "x", "approvers": ["group:{group}"]}},
    {"type": "approval", "config": {"title": "x", "approvers": ["user:{email}"]}},
    {"type": "input", "config": {"title": "x", "assignees": ["group:{group}"], "form": {}}},
]
"""Steps that name something."""


def test_a_definition_that_names_what_lies_elsewhere_finds_nothing(
    key: dict[str, str], ours: World, theirs: World
) -> None:
    """Foreign agents, workflows, groups and people are as unknown as such that do not exist."""

    def found(step: dict[str, Any], ids: dict[str, str]) -> tuple[bool, list[str]]:
        text = json.dumps({"definition": {"steps": [{"id": "a", **step}]}})
        for name, value in ids.items():
            text = text.replace("{" + name + "}", value)
        answer = ask(Client(), "POST", "/api/v1/validations", json.loads(text), **key).json()
        return answer["valid"], [one["code"] for one in answer["findings"]]

    for step in NAMING:
        assert found(step, theirs.ids) == found(step, strange(theirs.ids)), step
        if "capability" not in step["config"]:
            assert found(step, theirs.ids)[0] is False, step
            assert found(step, ours.ids) != found(step, theirs.ids), step


def test_no_filter_of_the_api_finds_what_lies_elsewhere(
    key: dict[str, str], ours: World, theirs: World
) -> None:
    client = Client()
    for route, facts in operations().items():
        if route.verb != "GET":
            continue
        texts = [one["name"] for one in facts.get("parameters", []) if one["in"] == "query"]
        for name in [name for name in texts if name not in ("limit", "offset", "after")]:
            for foreign in ("Zanz", theirs.ids["workflow"], theirs.ids["execution"]):
                address = f"{route.filled(ours.ids)}?{name}={foreign}"
                answer = ask(client, "GET", address, **key)
                assert answer.status_code < 500, address
                assert theirs.mark not in text_of(answer), address


def test_every_list_and_object_of_the_api_holds_ours_alone(
    key: dict[str, str], ours: World, theirs: World
) -> None:
    seen = ""
    for route in operations():
        if route.verb == "GET" and "stream" not in route.path:
            seen += text_of(ask(Client(), "GET", route.filled(ours.ids), **key))
    assert ours.mark in seen
    assert theirs.mark not in seen


def test_no_page_takes_a_foreign_id(ada: Client, ours: World, theirs: World) -> None:
    before, tried = snapshot(theirs), 0
    for route in pages():
        address = route.filled(theirs.ids) + "?path=greet&step=greet&old=1&new=draft"
        if not route.is_foreign:
            continue
        methods = METHODS if route.path in PAGES else METHODS[:1]
        answers = {verb: ask(ada, verb, address) for verb in methods}
        statuses = {verb: answer.status_code for verb, answer in answers.items()}
        assert set(statuses.values()) <= {404, 405}, f"{route}: {statuses}"
        assert 404 in statuses.values(), f"{route}: {statuses}"
        assert not any(theirs.mark in text_of(answer) for answer in answers.values()), route
        tried += 1
    assert tried > 20
    assert snapshot(theirs) == before


def test_a_form_takes_no_foreign_file(ada: Client, ours: World, theirs: World) -> None:
    takes_file = {
        "inputs": [{"name": "table", "type": "file", "required": True}],
        "steps": [{"id": "a", "type": "transform", "config": {"value": 1}}],
    }
    version = ours.rows["workflowversion"]
    type(version).objects.filter(pk=version.pk).update(definition=takes_file)
    address = f"/workflows/{ours.ids['workflow']}/run/"
    with undone():
        refused = ada.post(address, {"table.before": theirs.ids["file"]})
        assert refused.status_code == 422
        assert theirs.mark not in text_of(refused)
        assert ada.post(address, {"table.before": ours.ids["file"]}).status_code == 303


def test_nobody_goes_to_a_workspace_they_do_not_belong_to(ada: Client, ours: World, theirs: World) -> None:
    assert ada.post(f"/workspace/{theirs.workspace.pk}/").status_code == 404
    session = ada.session
    session["workspace"] = str(theirs.workspace.pk)
    session.save()
    assert theirs.mark not in text_of(ada.get("/workflows/"))
    assert ours.mark in text_of(ada.get("/workflows/"))


def test_who_belongs_to_two_workspaces_sees_one_at_a_time(
    cast: Cast, ada: Client, ours: World, theirs: World
) -> None:
    workspaces.add_member("ada@example.com", "viewer", by=cast.finn.actor)
    assert ada.get(f"/workflows/{theirs.ids['workflow']}/").status_code == 404
    assert ada.post(f"/workspace/{theirs.workspace.pk}/").status_code == 302
    assert ada.get(f"/workflows/{theirs.ids['workflow']}/").status_code == 200
    assert ada.get(f"/workflows/{ours.ids['workflow']}/").status_code == 404
    refused = ada.post(f"/workflows/{theirs.ids['workflow']}/publication/", {"note": "x"})
    assert refused.status_code == 403, "a viewer there, though an owner here"
    Member.objects.get(workspace=theirs.workspace, user=cast.ada.user).delete()
    assert ada.get(f"/workflows/{theirs.ids['workflow']}/").status_code == 404


def test_every_route_is_known_to_these_tests(ours: World) -> None:
    """Fails with a KeyError for an address, or a body, that nobody told these tests how to fill."""
    for route, facts in operations().items():
        assert "{" not in route.filled(ours.ids)
        body_for(route, facts, ours)
    assert all("{" not in route.filled(ours.ids) for route in pages())
    written = {str(route).replace("/api/v1", "") for route in operations()}
    assert set(bodies(ours)) <= written, "a body is written down for a route that is gone"
    assert Route("GET", "/api/v1/workflows/{slug}").is_foreign
