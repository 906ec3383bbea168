"""Every write to agents, providers, models and tool settings; that notices were read."""

import asyncio
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from agents import queries
from agents.definitions import ready_agents
from agents.models import (
    Agent,
    AgentStatus,
    AgentVersion,
    LanguageModel,
    Notice,
    Provider,
    ProviderKind,
    ToolSetting,
)
from agents.providers import embedded
from agents.providers.base import ProviderUnusable
from agents.providers.catalogue import KINDS
from agents.runtime import kept
from agents.runtime.routing import classify
from agents.specs import AgentSpec, parse
from agents.tools.catalogue import catalogue
from convergio import checks
from convergio.audit.changes import assign
from convergio.audit.operations import record, record_all
from convergio.errors import Conflict, InvalidInput
from convergio.http import checked_url
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Workspace
from convergio.workspaces.permissions import Permission

_SPEC_FIELDS = tuple(name for name in AgentSpec.model_fields if name not in ("format", "slug"))
_LISTS = ("tools", "capabilities", "tags")


def document_of(agent: Agent) -> dict[str, Any]:
    """Return an agent as an AgentSpec document."""
    fields = {name: getattr(agent, name) for name in _SPEC_FIELDS}
    return parse({"format": 1, "slug": agent.slug, **fields}).model_dump(mode="json")


def _stored(spec: AgentSpec) -> dict[str, Any]:
    values = {name: getattr(spec, name) for name in _SPEC_FIELDS}
    return values | {name: list(values[name]) for name in _LISTS}


def _frozen(agent: Agent, by: Actor) -> AgentVersion:
    return AgentVersion(agent=agent, number=agent.version, document=document_of(agent), created_by=by.user)


@transaction.atomic
def create_agent(document: Mapping[str, Any], *, by: Actor, model: LanguageModel | None = None) -> Agent:
    """Save a new agent. Raises InvalidInput, Conflict when the slug is taken, or NotAllowed."""
    by.require(Permission.BUILD)
    spec = parse(checks.json_document(dict(document), field="agent"))
    _own_model(model, by.workspace)
    try:
        with transaction.atomic():
            agent = Agent.objects.create(workspace=by.workspace, slug=spec.slug, model=model, **_stored(spec))
    except IntegrityError as error:
        raise Conflict(f"There is already an agent “{spec.slug}”; choose another slug.") from error
    _frozen(agent, by).save()
    record(by, "agent.create", agent)
    return agent


@transaction.atomic
def update_agent(agent: Agent, *, by: Actor, **fields: Any) -> Agent:
    """Change named fields (of the spec, or `model`) and number a new version when anything changed."""
    by.require(Permission.BUILD)
    agent = Agent.objects.select_for_update().get(pk=agent.pk, workspace=by.workspace)
    model = {"model": fields.pop("model")} if "model" in fields else {}
    _own_model(model.get("model"), by.workspace)
    unknown = set(fields) - set(_SPEC_FIELDS)
    if unknown:
        raise InvalidInput(f"An agent has no field “{sorted(unknown)[0]}”.")
    spec = parse(checks.json_document({**document_of(agent), **fields}, field="agent"))
    changes = assign(agent, **_stored(spec), **model)
    if changes:
        assign(agent, version=agent.version + 1)
        _frozen(agent, by).save()
        record(by, "agent.update", agent, changes)
    return agent


@transaction.atomic
def retire_agent(agent: Agent, *, by: Actor) -> Agent:
    """Take an agent out of service; workflows that name it get a finding and their steps fail."""
    return _set_status(agent, AgentStatus.RETIRED, "agent.retire", by)


@transaction.atomic
def activate_agent(agent: Agent, *, by: Actor) -> Agent:
    """Put an agent (back) into service."""
    return _set_status(agent, AgentStatus.ACTIVE, "agent.activate", by)


def _set_status(agent: Agent, status: AgentStatus, action: str, by: Actor) -> Agent:
    by.require(Permission.BUILD)
    agent = Agent.objects.select_for_update().get(pk=agent.pk, workspace=by.workspace)
    if changes := assign(agent, status=status):
        record(by, action, agent, changes)
    return agent


def _own_model(model: LanguageModel | None, workspace: Workspace) -> None:
    if model is not None and model.provider.workspace_id != workspace.pk:
        raise InvalidInput("That model belongs to another workspace.")


@transaction.atomic
def seed_agents(workspace: Workspace) -> int:
    """Save the embedded provider and the ready agents that are missing; return how many agents were added.

    What people changed or retired stays as they left it.
    """
    by = Actor.system(workspace)
    seed_embedded_provider(workspace)
    taken = set(Agent.objects.filter(workspace=workspace).values_list("slug", flat=True))
    missing = [spec for spec in ready_agents() if spec.slug not in taken]
    agents = Agent.objects.bulk_create(
        Agent(workspace=workspace, slug=spec.slug, **_stored(spec)) for spec in missing
    )
    AgentVersion.objects.bulk_create(_frozen(agent, by) for agent in agents)
    record_all(by, "agent.create", agents)
    kept.forget()  # saving many at once sends no signal
    return len(missing)


def seed_embedded_provider(workspace: Workspace) -> Provider:
    """Save the embedded model of a workspace, unless it is there. It serves when nothing else can."""
    provider, _ = Provider.objects.get_or_create(
        workspace=workspace,
        slug="embedded",
        defaults={"name": "Embedded model", "kind": ProviderKind.EMBEDDED},
    )
    LanguageModel.objects.get_or_create(
        provider=provider,
        name=settings.EMBEDDED_MODEL,
        defaults={
            "context_tokens": embedded.CONTEXT_TOKENS,
            "supports_tools": False,
            "supports_json_schema": True,
        },
    )
    return provider


@transaction.atomic
def create_provider(
    *,
    slug: str,
    name: str,
    kind: str,
    by: Actor,
    base_url: str = "",
    api_key: str = "",
    options: Mapping[str, Any] | None = None,
) -> Provider:
    """Save a provider. Raises InvalidInput, Conflict when the slug is taken, or NotAllowed."""
    by.require(Permission.ADMINISTER)
    fields = {
        "name": checks.text(name, "name", most=200, least=1),
        "kind": _kind(kind),
        "base_url": _base_url(base_url),
        "api_key": checks.text(api_key, "api_key", most=2000),
        "options": checks.json_document(dict(options or {}), field="options", most_bytes=20_000),
    }
    try:
        with transaction.atomic():
            provider = Provider.objects.create(workspace=by.workspace, slug=checks.slug(slug), **fields)
    except IntegrityError as error:
        raise Conflict(f"There is already a provider “{slug}”; choose another slug.") from error
    record(by, "provider.create", provider, {"kind": [None, kind], "base_url": [None, base_url]})
    return provider


@transaction.atomic
def update_provider(provider: Provider, *, by: Actor, **fields: Any) -> Provider:
    """Change named fields. An empty `api_key` keeps the stored one; the audit trail never sees a key."""
    by.require(Permission.ADMINISTER)
    provider = Provider.objects.select_for_update().get(pk=provider.pk, workspace=by.workspace)
    if "base_url" in fields:
        fields["base_url"] = _base_url(fields["base_url"])
    if "kind" in fields:
        fields["kind"] = _kind(fields["kind"])
    if not fields.get("api_key"):
        fields.pop("api_key", None)
    changes = assign(provider, **fields)
    if "api_key" in changes:
        changes["api_key"] = ["(secret)", "(changed)"]
    if changes:
        record(by, "provider.update", provider, changes)
    return provider


def _kind(kind: str) -> str:
    if kind not in KINDS:
        raise checks.refuse("kind", f"“{kind}” is no kind of provider; there are {', '.join(KINDS)}.")
    return kind


def _base_url(url: str) -> str:
    url = checks.text(url, "base_url", most=500)
    if url:
        checked_url(url)
    return url.rstrip("/")


@transaction.atomic
def save_model(provider: Provider, *, name: str, by: Actor, **fields: Any) -> LanguageModel:
    """Save a model of a provider, new or changed. Prices are US dollars per million tokens."""
    by.require(Permission.ADMINISTER)
    if provider.workspace_id != by.workspace.pk:
        raise InvalidInput("That provider belongs to another workspace.")
    name = checks.text(name, "name", most=200, least=1)
    for price in ("prompt_price", "completion_price"):
        if price in fields and Decimal(str(fields[price])) < 0:
            raise checks.refuse(price, "A price cannot be negative.")
    model, is_new = LanguageModel.objects.get_or_create(provider=provider, name=name, defaults=fields)
    changes = {} if is_new else assign(model, **fields)
    if is_new or changes:
        record(by, "model.create" if is_new else "model.update", model, changes)
    return model


@transaction.atomic
def set_tool(
    slug: str,
    *,
    by: Actor,
    is_enabled: bool | None = None,
    ask_first: bool | None = None,
    timeout_s: int | None = None,
    cost: Decimal | float | None = None,
    options: Mapping[str, Any] | None = None,
) -> ToolSetting:
    """Decide about a tool: on or off, whether a person must allow each call, seconds, US dollars, its own options."""
    by.require(Permission.ADMINISTER)
    tool = catalogue().get(slug)
    if tool is None:
        raise InvalidInput(f"There is no tool “{slug}”.")
    if timeout_s is not None and not 1 <= timeout_s <= 600:
        raise checks.refuse("timeout_s", "A tool may take between 1 and 600 seconds.")
    setting, _ = ToolSetting.objects.get_or_create(
        workspace=by.workspace,
        slug=slug,
        defaults={"timeout_s": tool.timeout_s, "cost": Decimal(str(tool.cost))},
    )
    wanted = {
        "is_enabled": is_enabled,
        "ask_first": ask_first,
        "timeout_s": timeout_s,
        "cost": cost,
        "options": options,
    }
    changes = assign(setting, **{name: value for name, value in wanted.items() if value is not None})
    if changes:
        record(by, "tool.update", setting, changes)
    return setting


def read_notices(*, by: Actor) -> int:
    """Count what was left for somebody or for the whole workspace as read by them; return how many there were."""
    by.require(Permission.VIEW)
    reading = Notice.readers.through
    unread = queries.unread_notices(by).values_list("pk", flat=True)
    read = reading.objects.bulk_create(
        [reading(notice_id=pk, user=by.user) for pk in unread if by.user], ignore_conflicts=True
    )
    return len(read)


def test_connection(provider: Provider, *, by: Actor) -> str:
    """Ask the provider's first model for a word and return a sentence: how fast it was, or what is wrong."""
    by.require(Permission.ADMINISTER)
    from agents.runtime.autogen.probe import probe
    from agents.runtime.loading import endpoint_of

    model = provider.models.filter(is_active=True).select_related("provider").first()
    if model is None:
        return f"{provider.name} has no model yet; add one and test again."
    endpoint = endpoint_of(model)
    started = time.monotonic()
    try:
        KINDS[endpoint.kind].check(endpoint)
        asyncio.run(probe(endpoint))
    except ProviderUnusable as error:
        return error.sentence
    except Exception as error:
        return f"{provider.name} cannot be used: {model.name}: {classify(error).sentence}."
    return f"{provider.name} answers: {model.name} replied in {time.monotonic() - started:.1f} s."


test_connection.__test__ = False  # type: ignore[attr-defined]
