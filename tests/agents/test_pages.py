"""The catalogue of agents, and notices."""

import pytest

from agents.models import Agent, AgentStatus, Notice
from agents.operations import seed_agents
from tests.pages import browser
from tests.people import Cast

pytestmark = pytest.mark.django_db


def test_the_catalogue_shows_every_agent_that_works(cast: Cast) -> None:
    seed_agents(cast.workspace)
    retired = Agent.objects.first()
    assert retired
    Agent.objects.filter(pk=retired.pk).update(status=AgentStatus.RETIRED)
    page = browser(cast.eve).get("/agents/").content.decode()
    assert page.count('class="cover" href="/agents/') == Agent.objects.count() - 1
    assert f'href="/agents/{retired.slug}/"' not in page


def test_an_agent_without_a_category_stands_with_the_others(cast: Cast) -> None:
    seed_agents(cast.workspace)
    Agent.objects.filter(slug="copywriter").update(category="")
    page = browser(cast.eve).get("/agents/").content.decode()
    assert ">Others</h2>" in page
    assert '<a class="pill" href="?" ></a>' not in page


def test_agents_are_found_by_what_they_can_do(cast: Cast) -> None:
    seed_agents(cast.workspace)
    page = browser(cast.eve).get("/agents/?q=statistics").content.decode()
    assert "/agents/data-analyst/" in page
    assert "/agents/copywriter/" not in page


def test_an_agents_page_shows_its_prompt_and_the_model_that_serves_it(cast: Cast) -> None:
    seed_agents(cast.workspace)
    page = browser(cast.eve).get("/agents/data-analyst/").content.decode()
    assert "You are a data analyst" in page
    assert "smollm2" in page


def test_an_agent_of_another_workspace_does_not_exist(cast: Cast) -> None:
    seed_agents(cast.workspace)
    assert browser(cast.finn).get("/agents/data-analyst/").status_code == 404


def test_words_that_no_database_likes_find_nothing(cast: Cast) -> None:
    assert browser(cast.eve).get("/agents/?q=%00%25&category=%00").status_code == 200


def test_notices_reach_those_they_are_meant_for_and_can_be_read(cast: Cast) -> None:
    Notice.objects.create(workspace=cast.workspace, title="For all", text="**Hello**")
    Notice.objects.create(workspace=cast.workspace, title="For Dan", user=cast.dan.user)
    ada = browser(cast.ada)
    page = ada.get("/notices/").content.decode()
    assert "For all" in page
    assert "<strong>Hello</strong>" in page
    assert "For Dan" not in page
    assert ada.post("/notices/reading/").status_code == 303
    assert "All read" not in ada.get("/notices/").content.decode()
    assert "All read" in browser(cast.eve).get("/notices/").content.decode(), "Ada has read it, Eve has not"


def test_a_stranger_is_asked_to_sign_in(cast: Cast) -> None:
    from django.test import Client

    response = Client().get("/agents/")
    assert response.status_code == 302
    assert response["Location"] == "/account/login/?next=/agents/"
