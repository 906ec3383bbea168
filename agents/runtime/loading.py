"""What a step needs from the database, read before the work begins, so that no connection waits for a model."""

import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from agents.models import Agent, AgentStatus, LanguageModel, ProviderKind, ToolSetting
from agents.pricing import Prices
from agents.providers.base import Endpoint
from agents.queries import active_models
from agents.runtime.contract import StepFailed
from agents.runtime.workbench import ToolPolicy
from convergio.encryption import SecretUnreadable


@dataclass(frozen=True, slots=True)
class Colleague:
    """An agent as it was when the step started, and the models that may serve it, best first."""

    slug: str
    name: str
    role: str
    description: str
    system_prompt: str
    tools: tuple[str, ...]
    temperature: float
    max_tokens: int
    models: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Staff:
    """The agents of a step, in the order asked for, and what the workspace decided about tools."""

    agents: tuple[Colleague, ...]
    policies: dict[str, ToolPolicy] = field(default_factory=dict)


def endpoint_of(model: LanguageModel) -> Endpoint:
    """Return a stored model as calls need it."""
    provider = model.provider
    return Endpoint(
        provider_id=provider.id,
        provider=provider.slug,
        kind=provider.kind,
        model=model.name,
        base_url=provider.base_url,
        key=provider.api_key or "",
        options=provider.options or {},
        prices=Prices(float(model.prompt_price), float(model.completion_price)),
        context_tokens=model.context_tokens,
        supports_tools=model.supports_tools,
        supports_json_schema=model.supports_json_schema,
    )


def candidates(
    models: Sequence[LanguageModel], wanted: LanguageModel | None, own: LanguageModel | None
) -> tuple[LanguageModel, ...]:
    """Return who may serve, best first: the step's model, the agent's, the fallback order, the embedded one."""
    ordered = sorted((m for m in models if m.fallback_order is not None), key=lambda m: m.fallback_order or 0)
    embedded = [m for m in models if m.provider.kind == ProviderKind.EMBEDDED]
    chain = [m for m in (wanted, own, *ordered, *embedded) if m is not None]
    return tuple({m.pk: m for m in chain}.values())


def named(models: Sequence[LanguageModel], reference: str) -> LanguageModel:
    """Return the model that a step names, as provider/model or by the model's name. Raises StepFailed."""
    for model in models:
        if reference in (str(model), model.name):
            return model
    raise StepFailed(
        "model_missing",
        f"There is no active model “{reference}” in this workspace; choose another one in the step.",
        retryable=False,
    )


def load(workspace_id: uuid.UUID, slugs: Sequence[str], model: str = "") -> Staff:
    """Return agents by slug. Raises StepFailed when one is missing or no model is set up."""
    models = _models(workspace_id)
    wanted = named(models, model) if model else None
    found = {agent.slug: agent for agent in _agents(workspace_id).filter(slug__in=slugs)}
    missing = [slug for slug in slugs if slug not in found]
    if missing:
        raise StepFailed(
            "agent_missing",
            f"There is no active agent “{missing[0]}” in this workspace; create it or choose another one.",
            retryable=False,
        )
    return Staff(tuple(_colleague(found[slug], models, wanted) for slug in slugs), policies(workspace_id))


def pick(workspace_id: uuid.UUID, capability: str, key: str) -> str:
    """Return the slug of an agent with a capability.

    Agents take turns by a hash of `key` (the step's own address), so a step that runs again gets the same agent and
    finds its journal.
    """
    able = list(_agents(workspace_id).filter(capabilities__contains=[capability]).order_by("slug"))
    if not able:
        raise StepFailed(
            "agent_missing", f"No active agent has the capability “{capability}”.", retryable=False
        )
    return able[zlib.crc32(key.encode()) % len(able)].slug


def policies(workspace_id: uuid.UUID) -> dict[str, ToolPolicy]:
    """Return what the workspace decided about tools, by slug."""
    return {
        setting.slug: ToolPolicy(
            enabled=setting.is_enabled,
            timeout_s=setting.timeout_s,
            cost=float(setting.cost),
            ask_first=setting.ask_first,
            options=dict(setting.options or {}),
        )
        for setting in ToolSetting.objects.filter(workspace_id=workspace_id)
    }


def _agents(workspace_id: uuid.UUID) -> QuerySet[Agent]:
    return Agent.objects.filter(workspace_id=workspace_id, status=AgentStatus.ACTIVE)


def _models(workspace_id: uuid.UUID) -> list[LanguageModel]:
    active = active_models(workspace_id)
    try:
        return list(active)
    except SecretUnreadable:
        return list(active.filter(provider__kind=ProviderKind.EMBEDDED))


def _colleague(agent: Agent, models: list[LanguageModel], wanted: LanguageModel | None) -> Colleague:
    own = next((model for model in models if model.pk == agent.model_id), None)
    chain = candidates(models, wanted, own)
    if not chain:
        raise StepFailed(
            "model_missing",
            "No language model is set up in this workspace; an administrator can add a provider.",
            retryable=False,
        )
    return Colleague(
        slug=agent.slug,
        name=agent.name,
        role=agent.role,
        description=agent.description,
        system_prompt=agent.system_prompt,
        tools=tuple(agent.tools),
        temperature=agent.temperature,
        max_tokens=agent.max_tokens,
        models=tuple(endpoint_of(model) for model in chain),
    )
