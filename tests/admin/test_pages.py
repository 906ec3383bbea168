"""Every admin page opens for who administers; what others see is tried in `tests/hostile/test_admin.py`."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.operations import create_provider, save_model, seed_agents, set_tool
from approvals import operations as approvals
from approvals.models import Absence
from convergio.audit.models import AuditEntry
from convergio.notifications import operations as notifications
from convergio.notifications.models import Kind
from convergio.urls import admin
from convergio.workspaces import operations as workspaces
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import User
from executions.models import Call, Event, Execution
from tests.people import Cast, Person
from tests.workflows.examples import SMALL
from workflows import operations as workflows

OURS = [model for model in admin.site._registry if model is not User]


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


@dataclass
class World:
    """One row of every kind, in one workspace."""

    rows: dict[type[Model], Model]


def fill(person: Person) -> World:
    """Make a row of everything as an owner."""
    by = person.actor
    seed_agents(by.workspace)
    workflow = workflows.create(name="Greeting", by=by, definition=SMALL)
    version = workflows.publish(workflow, by=by)
    run = Execution.objects.create(
        workspace=by.workspace, workflow=workflow, version=version, number=1, inputs={"city": "<b>Rome"}
    )
    run.step_runs.create(path="greet", step_id="greet", kind="transform")
    Event.objects.create(execution_id=run.pk, seq=1, at=timezone.now(), type="run.started", hash="-")
    call = {"path": "greet", "kind": "model", "actor": "writer", "ordinal": 0, "digest": str(uuid4())}
    Call.objects.create(workspace=by.workspace, execution=run, name="m", idempotency_key="-", **call)
    request = approvals.open_request(
        by=Actor.system(by.workspace), title="Send?", assignees=["role:approver"]
    )
    approvals.decide(request, "approve", by=by)
    day = timezone.now().date()
    other = User.objects.exclude(pk=person.user.pk).earliest("pk")
    away = Absence.objects.create(
        workspace=by.workspace, user=person.user, stand_in=other, first_day=day, last_day=day
    )
    chat = "https://chat.example/sk-secret"
    hook = notifications.create_webhook(name="Ops", url=chat, kinds=["changed"], by=by)
    news = notifications.News(Kind.CHANGED, "<b>Rome", about="run:1")
    [delivery] = notifications.post(news, by=by)
    [told] = notifications.notify([person.user], news, by=Actor.system(by.workspace))
    provider = create_provider(slug="main", name="Main", kind="openai", api_key="sk-secret", by=by)
    key, _ = workspaces.create_api_key(name="Robot", scopes=["read"], by=by)
    group = workspaces.create_group(name="Legal", by=by)
    rows = [
        by.workspace,
        person.member,
        group,
        key,
        AuditEntry.objects.filter(workspace=by.workspace).first(),
        by.workspace.agents.first(),
        provider,
        save_model(provider, name="gpt-5-mini", by=by),
        set_tool("calculator", by=by, timeout_s=5),
        workflow,
        version,
        run,
        request,
        away,
        hook,
        delivery,
        told,
        approvals.save_filter("Urgent", "priority=urgent", by=by),
    ]
    return World({type(row): row for row in rows if row is not None})


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def world(cast: Cast) -> World:
    return fill(cast.ada)


def test_every_kind_of_row_has_an_admin_and_a_row_here(world: World) -> None:
    ours = {
        model
        for model in OURS
        if model._meta.app_label not in ("account", "mfa", "sites", "auth", "socialaccount")
    }
    assert ours == set(world.rows)


def test_every_list_and_row_opens_for_an_admin(cast: Cast, world: World) -> None:
    client = client_of(cast.ben)
    assert client.get(reverse("admin:index")).status_code == 200
    for model, row in world.rows.items():
        for query in ({}, {"q": "a"}) if admin.site._registry[model].search_fields else ({},):
            assert client.get(address(model, "changelist"), query).status_code == 200, model
        page = client.get(address(model, "change", row.pk))
        assert page.status_code == 200, model
        assert "sk-secret" not in page.content.decode()
        assert "<b>Rome" not in page.content.decode()


def test_who_is_staff_without_administering_sees_nothing(cast: Cast, world: World) -> None:
    User.objects.filter(pk=cast.cleo.user.pk).update(is_staff=True)
    client = client_of(cast.cleo)
    for model, row in world.rows.items():
        for page in (address(model, "changelist"), address(model, "change", row.pk)):
            assert client.get(page).status_code == 403, model


def test_choices_come_from_ones_own_workspace(cast: Cast, world: World) -> None:
    fill(cast.finn)
    group = next(row for model, row in world.rows.items() if model.__name__ == "Group")
    form = client_of(cast.ben).get(address(type(group), "change", group.pk)).content.decode()
    assert "Cleo" in form
    assert "Finn" not in form


def test_only_superusers_look_after_accounts(cast: Cast) -> None:
    assert client_of(cast.ada).get(address(User, "changelist")).status_code == 403
    User.objects.filter(pk=cast.ada.user.pk).update(is_superuser=True)
    client = client_of(cast.ada)
    for page in (
        address(User, "changelist"),
        address(User, "add"),
        address(User, "change", cast.eve.user.pk),
    ):
        assert client.get(page).status_code == 200, page


def test_the_admins_policy_is_the_admins_alone(cast: Cast) -> None:
    client = client_of(cast.ben)
    assert "'unsafe-eval'" in client.get(reverse("admin:index")).headers["Content-Security-Policy"]
    assert "unsafe" not in client.get("/api/v1/docs").headers["Content-Security-Policy"]
    assert "unsafe" not in client.get(reverse("account_login")).headers["Content-Security-Policy"]
