"""The demo workspace: complete at the first start, untouched at the next."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from agents.models import Agent, LanguageModel
from convergio.workspaces import operations
from convergio.workspaces.models import Group, User, Workspace
from workflows.models import Workflow

type Seed = Callable[..., str]


@pytest.fixture
def seed(db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Seed:
    """Do what a start does with such an environment; returns what is printed."""

    def with_environment(**environment: str) -> str:
        for name in ("DEMO_EMAIL", "DEMO_PASSWORD"):
            monkeypatch.setenv(name, environment.get(name, ""))
        told = io.StringIO()
        call_command("seed_demo", stdout=told)
        return told.getvalue()

    return with_environment


def test_the_first_start_makes_a_workspace_to_begin_in(seed: Seed) -> None:
    seed(DEMO_EMAIL="Ada@Example.com", DEMO_PASSWORD="long enough 1")
    owner = User.objects.get(email="ada@example.com")
    assert owner.check_password("long enough 1")
    assert owner.is_superuser
    workspace = Workspace.objects.get(slug="demo")
    roles = set(workspace.members.values_list("role", flat=True))
    assert roles == {"owner", "admin", "builder", "approver", "viewer"}
    assert Group.objects.get(slug="board").members.filter(user=owner).exists()
    assert Agent.objects.filter(workspace=workspace).count() >= 30
    assert LanguageModel.objects.filter(provider__workspace=workspace).exists()
    assert set(Workflow.objects.values_list("slug", flat=True)) == {
        "strategic-analysis",
        "data-analysis-pipeline",
    }


def test_without_a_password_one_is_made_and_told_once(seed: Seed) -> None:
    told = seed()
    password = told.splitlines()[0].rsplit(" ", 1)[1]
    assert User.objects.get(email="ada@example.com").check_password(password)
    assert "password" not in seed()


def test_a_second_start_changes_nothing(seed: Seed, django_assert_max_num_queries: Any) -> None:
    seed(DEMO_PASSWORD="long enough 1")
    ada = operations.Actor.system(Workspace.objects.get())
    operations.update_workspace(name="Ours", by=ada)
    Agent.objects.filter(slug="copywriter").update(name="My writer")
    Workflow.objects.all().delete()
    with django_assert_max_num_queries(25):
        assert seed(DEMO_PASSWORD="long enough 1") == ""
    assert Workspace.objects.get().name == "Ours"
    assert Agent.objects.get(slug="copywriter").name == "My writer"
    assert not Workflow.objects.exists()


def test_the_owner_keeps_the_password_they_have(seed: Seed) -> None:
    seed(DEMO_PASSWORD="long enough 1")
    seed(DEMO_PASSWORD="long enough 2")
    assert User.objects.get(email="ada@example.com").check_password("long enough 1")


def test_an_owner_who_was_sent_away_stays_away(seed: Seed) -> None:
    seed(DEMO_PASSWORD="long enough 1")
    User.objects.filter(email="ada@example.com").delete()
    assert seed() == ""
    assert not User.objects.filter(email="ada@example.com").exists()


def test_another_owner_is_let_in(seed: Seed) -> None:
    seed(DEMO_PASSWORD="long enough 1")
    seed(DEMO_EMAIL="owner@example.com", DEMO_PASSWORD="long enough 1")
    workspace = Workspace.objects.get(slug="demo")
    assert workspace.members.get(user__email="owner@example.com").role == "owner"


def test_where_people_have_workspaces_of_their_own_no_demo_is_made(seed: Seed) -> None:
    owner = User.objects.create_user("ada@example.com", "long enough 1")
    operations.create_workspace(name="Acme", owner=owner)
    seed()
    assert Workspace.objects.get().name == "Acme"
