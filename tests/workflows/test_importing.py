"""Teams from elsewhere become workflows with their agents, and what was lost is told before and after."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from agents import operations as agents
from agents.models import Agent, LanguageModel
from convergio.errors import InvalidInput, NotAllowed
from tests.pages import browser
from tests.people import Cast
from tests.workflows.examples import SMALL
from tests.workflows.teams import flow, team
from workflows import importing, operations
from workflows.models import Workflow

pytestmark = pytest.mark.django_db


def slugs(cast: Cast) -> set[str]:
    return set(Agent.objects.filter(workspace=cast.workspace).values_list("slug", flat=True))


def test_a_team_becomes_a_workflow_with_the_agents_it_needs(cast: Cast) -> None:
    made = importing.import_document(team("poet", "critic_two"), by=cast.cleo.actor)
    assert (made.workflow.name, made.workflow.slug) == ("Pairing", "pairing")
    assert made.workflow.description == "Two who write"
    assert slugs(cast) == {"poet", "critic-two"}
    operations.publish(made.workflow, by=cast.cleo.actor)


def test_an_agent_that_is_there_is_used_and_left_as_it_is(cast: Cast) -> None:
    facts = {"slug": "poet", "name": "Poet", "role": "Rhymes", "system_prompt": "Mine."}
    agents.create_agent(facts, by=cast.cleo.actor)
    made = importing.import_document(team("poet", "critic"), by=cast.cleo.actor)
    states = {one["slug"]: one["state"] for one in made.report()["agents"]}
    assert states == {"poet": "there", "critic": "made"}
    assert Agent.objects.get(slug="poet").system_prompt == "Mine."


def test_only_the_chosen_agents_are_made(cast: Cast) -> None:
    made = importing.import_document(team("poet", "critic"), by=cast.cleo.actor, agents=["poet"])
    assert slugs(cast) == {"poet"}
    assert {one["state"] for one in made.report()["agents"]} == {"made", "missing"}


def test_a_model_of_the_same_name_serves_the_agent_here(cast: Cast) -> None:
    provider = agents.seed_embedded_provider(cast.workspace)
    model = LanguageModel.objects.create(provider=provider, name="gpt-4o-mini")
    importing.import_document(team("poet"), by=cast.cleo.actor)
    assert Agent.objects.get(slug="poet").model == model


def test_who_may_not_build_makes_nothing(cast: Cast) -> None:
    for person in (cast.dan, cast.eve):
        with pytest.raises(NotAllowed):
            importing.import_document(team("poet"), by=person.actor)
    assert slugs(cast) == set()


def test_a_name_that_cannot_be_leaves_no_agents_behind(cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        importing.import_document(team("poet"), by=cast.cleo.actor, name="x" * 300)
    assert slugs(cast) == set()


def test_agents_of_another_workspace_do_not_count(cast: Cast) -> None:
    importing.import_document(team("poet"), by=cast.finn.actor)
    made = importing.import_document(team("poet"), by=cast.cleo.actor)
    assert made.made == {"poet"}


def test_the_page_shows_what_a_team_becomes_before_it_is_made(cast: Cast) -> None:
    text = json.dumps(flow({"plan": ["write"], "write": []}))
    sent = SimpleUploadedFile("team.json", text.encode(), "application/json")
    answer = browser(cast.cleo).post("/workflows/import/", {"file": sent, "text": ""})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "A GraphFlow, read as data" in page
    assert page.count('class="node-title"') == 2
    assert "It ran on the model" in page
    assert "sk-not-for-you" not in page.split("</textarea>")[1]
    assert not Workflow.objects.exists()
    assert slugs(cast) == set()


def test_the_page_makes_it_when_it_is_confirmed(cast: Cast) -> None:
    form: dict[str, Any] = {
        "text": json.dumps(team("poet", "critic")),
        "confirmed": "yes",
        "name": "Ours",
        "agent": ["poet"],
    }
    cleo = browser(cast.cleo)
    answer = cleo.post("/workflows/import/", form)
    assert "“Ours” is imported. 1 agent was made." in cleo.get(answer["Location"]).content.decode()
    made = Workflow.objects.get()
    assert made.draft["notes"][0]["text"].startswith("From AutoGen")
    assert slugs(cast) == {"poet"}


def test_a_refusal_keeps_the_choice(cast: Cast) -> None:
    form = {
        "text": json.dumps(team("poet", "critic")),
        "confirmed": "yes",
        "name": "x" * 201,
        "agent": "poet",
    }
    answer = browser(cast.cleo).post("/workflows/import/", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count("checked") == 1
    assert "at most 200 characters" in page


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"provider": "x.MagenticOneGroupChat", "config": {}}, "MagenticOneGroupChat"),
        (team(), "No agent"),
        ({"provider": "autogen_agentchat.teams.GraphFlow", "config": {"participants": []}}, "no graph"),
        ({"provider": "x.Swarm", "config": {"participants": "\x00"}}, "NUL"),
    ],
)
def test_what_is_no_readable_team_is_refused_on_the_page(
    cast: Cast, document: dict[str, Any], words: str
) -> None:
    answer = browser(cast.cleo).post("/workflows/import/", {"text": json.dumps(document)})
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_our_own_document_is_made_at_once(cast: Cast) -> None:
    form = {"text": "\ufeff" + json.dumps({"name": "Greeting", "definition": SMALL}), "name": ""}
    sent = SimpleUploadedFile("w.json", form["text"].encode(), "application/json")
    answer = browser(cast.cleo).post("/workflows/import/", {"file": sent})
    assert (answer.status_code, answer["Location"]) == (303, "/workflows/greeting/")
