"""Writes to agents, providers, models and tools."""

import pytest
from pytest_django import Settings

from agents import operations, queries
from agents.definitions import ready_agents
from agents.models import Agent, Provider, ToolSetting
from agents.tools.calculator import calculator
from convergio.audit.models import AuditEntry
from convergio.errors import Conflict, InvalidInput, NotAllowed
from tests.people import Cast
from tests.stack.model_server import ModelServer

DOCUMENT = {"slug": "poet", "name": "Poet", "role": "Writes verse", "system_prompt": "Rhyme."}


def test_a_builder_creates_an_agent_with_a_first_version(cast: Cast) -> None:
    agent = operations.create_agent(DOCUMENT, by=cast.cleo.actor)
    assert agent.version == 1
    assert agent.versions.get().document == operations.document_of(agent)
    assert AuditEntry.objects.get(action="agent.create").object_id == str(agent.pk)


@pytest.mark.parametrize("who", ["dan", "eve"])
def test_others_may_not(cast: Cast, who: str) -> None:
    with pytest.raises(NotAllowed):
        operations.create_agent(DOCUMENT, by=getattr(cast, who).actor)


def test_a_slug_is_taken_once_in_a_workspace(cast: Cast) -> None:
    operations.create_agent(DOCUMENT, by=cast.cleo.actor)
    with pytest.raises(Conflict, match="poet"):
        operations.create_agent(DOCUMENT, by=cast.cleo.actor)
    operations.create_agent(DOCUMENT, by=cast.finn.actor)


@pytest.mark.parametrize("change", [{"name": "a\x00b"}, {"slug": "no slug"}, {"unknown": 1}, {"tools": [1]}])
def test_a_wrong_document_is_refused(cast: Cast, change: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        operations.create_agent(DOCUMENT | change, by=cast.cleo.actor)


def test_a_change_makes_a_new_version_and_keeps_the_old(cast: Cast) -> None:
    agent = operations.create_agent(DOCUMENT, by=cast.cleo.actor)
    agent = operations.update_agent(
        agent, by=cast.cleo.actor, system_prompt="Rhyme well.", tools=["calculator"]
    )
    assert agent.version == 2
    assert [version.document["system_prompt"] for version in agent.versions.all()] == [
        "Rhyme well.",
        "Rhyme.",
    ]
    entry = AuditEntry.objects.get(action="agent.update")
    assert entry.changes["system_prompt"] == ["Rhyme.", "Rhyme well."]


def test_no_change_makes_no_version(cast: Cast) -> None:
    agent = operations.create_agent(DOCUMENT, by=cast.cleo.actor)
    assert operations.update_agent(agent, by=cast.cleo.actor, name="Poet").version == 1
    assert not AuditEntry.objects.filter(action="agent.update").exists()


def test_an_unknown_field_cannot_be_changed(cast: Cast) -> None:
    agent = operations.create_agent(DOCUMENT, by=cast.cleo.actor)
    with pytest.raises(InvalidInput, match="colour"):
        operations.update_agent(agent, by=cast.cleo.actor, colour="red")


def test_an_agent_of_elsewhere_cannot_be_changed(cast: Cast) -> None:
    agent = operations.create_agent(DOCUMENT, by=cast.finn.actor)
    with pytest.raises(Agent.DoesNotExist):
        operations.update_agent(agent, by=cast.cleo.actor, name="Mine")


def test_a_retired_agent_is_no_longer_known_and_can_come_back(cast: Cast) -> None:
    agent = operations.create_agent(DOCUMENT, by=cast.cleo.actor)
    assert agent in queries.active_agents(cast.workspace)
    operations.retire_agent(agent, by=cast.cleo.actor)
    assert agent not in queries.active_agents(cast.workspace)
    operations.activate_agent(agent, by=cast.cleo.actor)
    assert agent in queries.active_agents(cast.workspace)


def test_a_model_of_elsewhere_cannot_be_used(cast: Cast) -> None:
    theirs = operations.seed_embedded_provider(cast.elsewhere).models.get()
    with pytest.raises(InvalidInput, match="another workspace"):
        operations.create_agent(DOCUMENT, by=cast.cleo.actor, model=theirs)


def test_seeding_adds_what_is_missing_and_keeps_what_people_changed(cast: Cast) -> None:
    assert operations.seed_agents(cast.workspace) == len(ready_agents()) >= 30
    first = Agent.objects.filter(workspace=cast.workspace).first()
    assert first
    operations.update_agent(first, by=cast.cleo.actor, name="Renamed")
    assert operations.seed_agents(cast.workspace) == 0
    first.refresh_from_db()
    assert first.name == "Renamed"


def test_with_the_embedded_model_alone_pages_say_so(cast: Cast) -> None:
    operations.seed_agents(cast.workspace)
    assert queries.only_embedded(cast.workspace)
    model = queries.default_model(cast.workspace)
    assert model
    assert not model.supports_tools
    provider = operations.create_provider(slug="p", name="P", kind="openai", api_key="k", by=cast.ben.actor)
    operations.save_model(provider, name="gpt", by=cast.ben.actor, fallback_order=1)
    assert not queries.only_embedded(cast.workspace)


def test_the_default_model_is_the_same_whether_asked_for_or_picked_from_those_read(cast: Cast) -> None:
    def default() -> str:
        picked = queries.default_among(queries.active_models(cast.workspace))
        assert picked == queries.default_model(cast.workspace)
        return picked.name if picked else ""

    assert default() == ""
    provider = operations.create_provider(slug="p", name="P", kind="openai", api_key="k", by=cast.ben.actor)
    operations.save_model(provider, name="a-spare", by=cast.ben.actor)
    assert default() == ""
    embedded = operations.seed_embedded_provider(cast.workspace).models.get()
    assert default() == embedded.name
    operations.save_model(provider, name="second", by=cast.ben.actor, fallback_order=2)
    operations.save_model(provider, name="first", by=cast.ben.actor, fallback_order=1)
    assert default() == "first"


def test_a_key_is_stored_encrypted_and_never_audited(cast: Cast) -> None:
    from django.db import connection

    provider = operations.create_provider(
        slug="p", name="P", kind="openai", api_key="sk-1", by=cast.ben.actor
    )
    operations.update_provider(provider, by=cast.ben.actor, api_key="sk-2")
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key FROM agents_provider")
        stored = cursor.fetchone()[0]
    assert "sk-2" not in stored
    assert Provider.objects.get().api_key == "sk-2"
    assert "sk-" not in str(list(AuditEntry.objects.values_list("changes", flat=True)))


def test_an_empty_key_keeps_the_old_one(cast: Cast) -> None:
    provider = operations.create_provider(
        slug="p", name="P", kind="openai", api_key="sk-1", by=cast.ben.actor
    )
    operations.update_provider(provider, by=cast.ben.actor, name="Q", api_key="")
    assert Provider.objects.get().api_key == "sk-1"


@pytest.mark.parametrize(
    "change",
    [{"kind": "magic"}, {"base_url": "ftp://x"}, {"base_url": "http://u:p@x"}, {"slug": "a b"}, {"name": ""}],
)
def test_a_wrong_provider_is_refused(cast: Cast, change: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        operations.create_provider(
            **({"slug": "p", "name": "P", "kind": "openai"} | change), by=cast.ben.actor
        )


def test_only_admins_look_after_providers_and_tools(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        operations.create_provider(slug="p", name="P", kind="openai", by=cast.cleo.actor)
    with pytest.raises(NotAllowed):
        operations.set_tool("calculator", by=cast.cleo.actor, is_enabled=False)
    assert not queries.providers_visible_to(cast.cleo.actor).exists()


def test_a_negative_price_is_refused(cast: Cast) -> None:
    provider = operations.create_provider(slug="p", name="P", kind="openai", by=cast.ben.actor)
    with pytest.raises(InvalidInput, match="negative"):
        operations.save_model(provider, name="m", by=cast.ben.actor, prompt_price=-1)


def test_a_tool_is_switched_off_for_its_workspace_alone(cast: Cast) -> None:
    operations.set_tool("calculator", by=cast.ben.actor, is_enabled=False)
    assert calculator not in queries.enabled_tools(cast.workspace)
    assert calculator in queries.enabled_tools(cast.elsewhere)
    assert AuditEntry.objects.get(action="tool.update").changes == {"is_enabled": [True, False]}


@pytest.mark.parametrize("seconds", [0, -1, 601])
def test_a_tool_has_a_sensible_time(cast: Cast, seconds: int) -> None:
    with pytest.raises(InvalidInput, match="600"):
        operations.set_tool("calculator", by=cast.ben.actor, timeout_s=seconds)
    assert not ToolSetting.objects.filter(timeout_s=seconds).exists()


def test_an_unknown_tool_cannot_be_set(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="no tool"):
        operations.set_tool("magic", by=cast.ben.actor)


def test_a_card_tells_what_a_page_shows(cast: Cast) -> None:
    operations.seed_agents(cast.workspace)
    agent = queries.visible_to(cast.eve.actor).get(slug="data-analyst")
    card = queries.agent_card(agent)
    assert card["model"] == "embedded/smollm2-135m-instruct"
    assert card["is_embedded"]
    assert {tool["is_known"] for tool in card["tools"]} == {True}


class TestConnection:
    """The button that asks whether a provider answers."""

    def _provider(self, cast: Cast, url: str) -> Provider:
        by = cast.ben.actor
        provider = operations.create_provider(
            slug="p", name="Mine", kind="openai_compatible", base_url=url, by=by
        )
        operations.save_model(provider, name="m", by=by)
        return provider

    def test_one_that_answers(self, cast: Cast, models: ModelServer, settings: Settings) -> None:
        settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
        sentence = operations.test_connection(self._provider(cast, models.url), by=cast.ben.actor)
        assert sentence.startswith("Mine answers: m replied in")

    def test_one_that_refuses_the_key(self, cast: Cast, models: ModelServer, settings: Settings) -> None:
        settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
        models.fail(401)
        sentence = operations.test_connection(self._provider(cast, models.url), by=cast.ben.actor)
        assert "the key is not accepted" in sentence

    def test_one_in_a_private_network(self, cast: Cast, models: ModelServer) -> None:
        sentence = operations.test_connection(self._provider(cast, models.url), by=cast.ben.actor)
        assert "private network" in sentence

    def test_one_without_model_or_key(self, cast: Cast) -> None:
        provider = operations.create_provider(slug="p", name="Mine", kind="openai", by=cast.ben.actor)
        assert "no model yet" in operations.test_connection(provider, by=cast.ben.actor)
        operations.save_model(provider, name="m", by=cast.ben.actor)
        assert "no API key" in operations.test_connection(provider, by=cast.ben.actor)

    def test_one_whose_package_is_not_installed(self, cast: Cast) -> None:
        pytest.importorskip("autogen_ext.models.openai")
        provider = operations.create_provider(
            slug="c", name="C", kind="anthropic", api_key="k", by=cast.ben.actor
        )
        operations.save_model(provider, name="m", by=cast.ben.actor)
        sentence = operations.test_connection(provider, by=cast.ben.actor)
        assert "install the package “anthropic”" in sentence
