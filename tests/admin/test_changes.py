"""What is changed in the admin goes through the same verbs: roles, audit, refusals in sentences."""

from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from agents import operations as agents
from agents.models import Agent, LanguageModel, Provider, ToolSetting
from convergio.audit.models import AuditEntry
from convergio.workspaces import operations as workspaces
from convergio.workspaces.models import ApiKey, Group, Member, User, Workspace
from tests.people import Cast
from tests.workflows.examples import CYCLE, SMALL
from workflows import operations as workflows
from workflows.models import Workflow

NO_VERSIONS = {"versions-TOTAL_FORMS": "0", "versions-INITIAL_FORMS": "0"}


@pytest.fixture
def ben(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.ben.user)
    return client


def send(client: Client, name: str, data: dict[str, Any], *args: Any) -> str:
    """Post a form; return what was told."""
    response = client.post(reverse(f"admin:{name}", args=args), data)
    if response.status_code != 302:
        form = response.context["adminform"].form if response.context else None
        return f"not saved: {form and form.errors}"
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def act(client: Client, name: str, action: str, *rows: Any) -> str:
    """Do an action to rows of a list; return what was told."""
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    response = client.post(reverse(f"admin:{name}_changelist"), data)
    assert response.status_code == 302, response.content[:500]
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def last_act() -> AuditEntry:
    return AuditEntry.objects.order_by("-id")[0]


def test_a_key_is_shown_once_and_works(ben: Client, cast: Cast) -> None:
    facts = {"name": "CI", "member": cast.cleo.member.pk, "scopes": ["read", "run"]}
    told = send(ben, "workspaces_apikey_add", facts)
    key = told.split("only this once: ")[1].split(" ")[0]
    assert workspaces.authenticate_key(key).user == cast.cleo.user
    assert last_act().via == "admin"
    row = ApiKey.objects.get()
    pages = [
        reverse("admin:workspaces_apikey_changelist"),
        reverse("admin:workspaces_apikey_change", args=[row.pk]),
    ]
    shown = [key in ben.get(page).content.decode() for page in [pages[0], *pages]]
    assert shown == [True, False, False]
    assert "Revoked: 1" in act(ben, "workspaces_apikey", "revoke", row)
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_an_admin_gets_no_key_for_an_owner(ben: Client, cast: Cast) -> None:
    told = send(
        ben, "workspaces_apikey_add", {"name": "Up", "member": cast.ada.member.pk, "scopes": ["admin"]}
    )
    assert "Only an owner" in told
    assert not ApiKey.objects.exists()


def test_a_key_for_a_stranger_cannot_be_chosen(ben: Client, cast: Cast) -> None:
    told = send(
        ben, "workspaces_apikey_add", {"name": "X", "member": cast.finn.member.pk, "scopes": ["read"]}
    )
    assert "not saved" in told


def test_people_are_let_in_changed_and_let_out(ben: Client, cast: Cast) -> None:
    send(ben, "workspaces_member_add", {"email": "new@example.com", "role": "viewer"})
    member = Member.objects.get(user__email="new@example.com")
    send(ben, "workspaces_member_change", {"role": "admin"}, member.pk)
    member.refresh_from_db()
    assert (member.role, member.user.is_staff) == ("admin", True)
    send(ben, "workspaces_member_delete", {"post": "yes"}, member.pk)
    assert not Member.objects.filter(pk=member.pk).exists()
    assert User.objects.get(email="new@example.com").is_staff is False
    assert last_act().action == "member.remove"


def test_the_last_owner_stays_in_the_admin_too(ben: Client, cast: Cast) -> None:
    assert "permission" in send(ben, "workspaces_member_change", {"role": "viewer"}, cast.ada.member.pk)
    assert "permission" in send(ben, "workspaces_member_delete", {"post": "yes"}, cast.ada.member.pk)
    assert "not saved" in send(ben, "workspaces_member_add", {"email": "", "role": "viewer"})
    cast.ada.member.refresh_from_db()
    assert cast.ada.member.role == "owner"


def test_groups_are_made_filled_and_removed(ben: Client, cast: Cast) -> None:
    send(ben, "workspaces_group_add", {"name": "Legal", "slug": "legal", "members": [cast.dan.member.pk]})
    group = Group.objects.get(slug="legal")
    assert list(group.members.all()) == [cast.dan.member]
    send(ben, "workspaces_group_change", {"members": [cast.cleo.member.pk, cast.eve.member.pk]}, group.pk)
    assert group.members.count() == 2
    send(ben, "workspaces_group_delete", {"post": "yes"}, group.pk)
    assert not Group.objects.filter(slug="legal").exists()


def test_a_workspace_is_renamed(ben: Client, cast: Cast) -> None:
    send(
        ben,
        "workspaces_workspace_change",
        {"name": "Acme Ltd", "time_zone": "Europe/Rome"},
        cast.workspace.pk,
    )
    found = Workspace.objects.get(pk=cast.workspace.pk)
    assert (found.name, found.time_zone) == ("Acme Ltd", "Europe/Rome")
    told = send(ben, "workspaces_workspace_change", {"name": "A", "time_zone": "Mars"}, cast.workspace.pk)
    assert "no time zone" in told


AGENT = {
    "name": "Poet", "slug": "poet", "role": "Poet", "description": "", "category": "", "icon": "bot",
    "system_prompt": "You write poems about what you are given.", "temperature": "0.5", "max_tokens": "200",
    "tier": "standard", "tools": "calculator", "capabilities": "poetry", "tags": "",
}  # fmt: skip


def test_an_agent_is_made_and_every_change_is_a_version(ben: Client, cast: Cast) -> None:
    assert "not saved" not in send(ben, "agents_agent_add", AGENT | NO_VERSIONS)
    agent = Agent.objects.get(slug="poet")
    assert (agent.version, agent.tools) == (1, ["calculator"])
    count = {
        "versions-TOTAL_FORMS": "1",
        "versions-INITIAL_FORMS": "1",
        "versions-0-id": agent.versions.get().pk,
    }
    changed = {**AGENT, "role": "Senior poet", **count, "versions-0-agent": agent.pk}
    assert "not saved" not in send(ben, "agents_agent_change", changed, agent.pk)
    agent.refresh_from_db()
    assert (agent.role, agent.version) == ("Senior poet", 2)
    assert "Retired: 1" in act(ben, "agents_agent", "retire", agent)
    assert "Put into service: 1" in act(ben, "agents_agent", "activate", agent)


PROVIDER = {
    "name": "Main",
    "slug": "main",
    "kind": "openai",
    "base_url": "",
    "options": "{}",
    "is_active": "on",
}


def test_a_providers_key_is_written_and_kept_but_never_read(ben: Client, cast: Cast) -> None:
    send(ben, "agents_provider_add", PROVIDER | {"api_key": "sk-secret"})
    provider = Provider.objects.get(slug="main")
    send(ben, "agents_provider_change", PROVIDER | {"name": "Renamed", "api_key": ""}, provider.pk)
    provider.refresh_from_db()
    assert (provider.name, provider.api_key) == ("Renamed", "sk-secret")
    page = ben.get(reverse("admin:agents_provider_change", args=[provider.pk])).content.decode()
    assert "sk-secret" not in page
    assert "sk-secret" not in str(list(AuditEntry.objects.values()))


def test_a_connection_is_tested_from_list_and_page(ben: Client, cast: Cast) -> None:
    provider = agents.create_provider(slug="main", name="Main", kind="openai", by=cast.ada.actor)
    with patch("agents.operations.test_connection", return_value="Main answers.") as tested:
        assert "Main answers." in act(ben, "agents_provider", "test_connection", provider)
        url = reverse("admin:agents_provider_test_this_connection", args=[provider.pk])
        assert ben.get(url).status_code == 302
    assert tested.call_count == 2


def test_a_model_and_a_tool_are_set(ben: Client, cast: Cast) -> None:
    provider = agents.create_provider(slug="main", name="Main", kind="openai", by=cast.ada.actor)
    prices = {
        "prompt_price": "0.25",
        "completion_price": "2",
        "context_tokens": "400000",
        "fallback_order": "1",
    }
    facts = prices | {"supports_tools": "on", "supports_json_schema": "on", "is_active": "on"}
    send(ben, "agents_languagemodel_add", {"provider": provider.pk, "name": "gpt-5-mini", **facts})
    model = LanguageModel.objects.get(name="gpt-5-mini")
    send(ben, "agents_languagemodel_change", facts | {"prompt_price": "0.5"}, model.pk)
    model.refresh_from_db()
    assert float(model.prompt_price) == 0.5
    assert ben.get(reverse("admin:agents_toolsetting_changelist")).status_code == 200
    setting = ToolSetting.objects.get(slug="calculator", workspace=cast.workspace)
    tool = {"timeout_s": "7", "cost": "0.01", "options": "{}"}
    assert "not saved" not in send(ben, "agents_toolsetting_change", tool, setting.pk)
    setting.refresh_from_db()
    assert (setting.timeout_s, setting.is_enabled) == (7, False)
    assert "between 1 and 600" in send(
        ben, "agents_toolsetting_change", tool | {"timeout_s": "9999"}, setting.pk
    )


def test_workflows_are_tidied_up(ben: Client, cast: Cast) -> None:
    facts = {
        "name": "New",
        "slug": "fresh",
        "description": "",
        "category": "",
        "tags": "a,b",
        "is_active": "on",
    }
    send(ben, "workflows_workflow_add", facts | NO_VERSIONS)
    workflow = Workflow.objects.get(slug="fresh")
    assert (workflow.tags, workflow.created_by) == (["a", "b"], cast.ben.user)
    send(ben, "workflows_workflow_change", facts | NO_VERSIONS | {"name": "Newer"}, workflow.pk)
    workflow.refresh_from_db()
    assert workflow.name == "Newer"
    assert "Archived: 1" in act(ben, "workflows_workflow", "archive", workflow)
    assert "Brought back: 1" in act(ben, "workflows_workflow", "unarchive", workflow)
    send(ben, "workflows_workflow_delete", {"post": "yes"}, workflow.pk)
    assert not Workflow.objects.filter(pk=workflow.pk).exists()


def test_publishing_several_tells_each_refusal(ben: Client, cast: Cast) -> None:
    good = workflows.create(name="Good", by=cast.cleo.actor, definition=SMALL)
    bad = workflows.create(name="Bad", by=cast.cleo.actor, definition=CYCLE)
    told = act(ben, "workflows_workflow", "publish", good, bad)
    assert "Published: 1" in told
    assert "Bad: The draft cannot be published yet" in told
