"""Reads over agents, models and tools."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from agents.models import (
    Agent,
    AgentStatus,
    LanguageModel,
    Notice,
    Provider,
    ProviderKind,
    ToolSetting,
)
from agents.tools.base import Tool
from agents.tools.catalogue import catalogue
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Workspace
from convergio.workspaces.permissions import Permission


@dataclass(frozen=True, slots=True)
class ToolCard:
    """A tool as its workspace sees it."""

    tool: Tool
    is_enabled: bool
    timeout_s: int
    cost: float
    options: dict[str, Any]
    ask_first: bool = False


def visible_to(actor: Actor) -> QuerySet[Agent]:
    """Return the agents that somebody may look at."""
    mine = Agent.objects.filter(workspace=actor.workspace).select_related("model__provider")
    return mine if actor.may(Permission.VIEW) else mine.none()


def providers_visible_to(actor: Actor) -> QuerySet[Provider]:
    """Return the providers that somebody may look after."""
    mine = Provider.objects.filter(workspace=actor.workspace).prefetch_related("models")
    return mine if actor.may(Permission.ADMINISTER) else mine.none()


def active_agents(workspace: Workspace) -> QuerySet[Agent]:
    """Return the agents that a definition may name, by name."""
    return Agent.objects.filter(workspace=workspace, status=AgentStatus.ACTIVE).order_by("name")


def enabled_tools(workspace: Workspace) -> list[Tool]:
    """Return the tools that a definition may name, by title."""
    return [card.tool for card in tool_cards(workspace) if card.is_enabled]


def tool_cards(workspace: Workspace) -> list[ToolCard]:
    """Return every tool with what the workspace decided about it, by title."""
    decided = {setting.slug: setting for setting in ToolSetting.objects.filter(workspace=workspace)}
    cards = [_card(tool, decided.get(tool.slug)) for tool in catalogue().values()]
    return sorted(cards, key=lambda card: card.tool.title)


def _card(tool: Tool, setting: ToolSetting | None) -> ToolCard:
    if setting is None:
        return ToolCard(tool, True, tool.timeout_s, tool.cost, dict(tool.options))
    options = {**tool.options, **(setting.options or {})}
    facts = (setting.is_enabled, setting.timeout_s, float(setting.cost))
    return ToolCard(tool, *facts, options, ask_first=setting.ask_first)


def active_models(workspace: Workspace | uuid.UUID) -> QuerySet[LanguageModel]:
    """Return the models that may serve, those asked first coming first."""
    return LanguageModel.objects.filter(
        provider__workspace=workspace, provider__is_active=True, is_active=True
    ).select_related("provider")


def default_model(workspace: Workspace) -> LanguageModel | None:
    """Return the model that serves an agent without one of its own: the one asked first, else the embedded one."""
    serves = Q(fallback_order__isnull=False) | Q(provider__kind=ProviderKind.EMBEDDED)
    return active_models(workspace).filter(serves).first()


def default_among(models: Iterable[LanguageModel]) -> LanguageModel | None:
    """Return the default model of those that were read already, as `active_models` orders them."""
    for one in models:
        if one.fallback_order is not None or one.provider.kind == ProviderKind.EMBEDDED:
            return one
    return None


def first_model(agent: Agent) -> LanguageModel | None:
    """Return the model that would be asked first for an agent: its own, else the default one."""
    own = active_models(agent.workspace).filter(pk=agent.model_id).first() if agent.model_id else None
    return own or default_model(agent.workspace)


def only_embedded(workspace: Workspace) -> bool:
    """Tell whether nothing but the small embedded model serves, which pages say."""
    first = default_model(workspace)
    return first is None or first.provider.kind == ProviderKind.EMBEDDED


def agent_card(agent: Agent) -> dict[str, Any]:
    """Return what a page or program is told of an agent. Its model is the one that would be asked first."""
    model = first_model(agent)
    return {
        "slug": agent.slug,
        "name": agent.name,
        "role": agent.role,
        "description": agent.description,
        "category": agent.category,
        "icon": agent.icon,
        "tier": agent.tier,
        "status": agent.status,
        "version": agent.version,
        "capabilities": list(agent.capabilities),
        "tools": [_tool_line(slug) for slug in agent.tools],
        "tags": list(agent.tags),
        "system_prompt": agent.system_prompt,
        "temperature": agent.temperature,
        "max_tokens": agent.max_tokens,
        "model": str(model) if model else "",
        "is_embedded": bool(model and model.provider.kind == ProviderKind.EMBEDDED),
    }


def _tool_line(slug: str) -> dict[str, Any]:
    tool = catalogue().get(slug)
    title, description = (tool.title, tool.description) if tool else (slug, "")
    return {"slug": slug, "title": title, "description": description, "is_known": tool is not None}


def notices_for(actor: Actor) -> QuerySet[Notice]:
    """Return what was left for somebody or for the whole workspace, with whether they have read it."""
    read = Notice.readers.through.objects.filter(notice=OuterRef("pk"), user=actor.user)
    return _left_for(actor).annotate(is_read=Exists(read))


def unread_notices(actor: Actor) -> QuerySet[Notice]:
    """Return those that somebody has not read."""
    return _left_for(actor).exclude(readers=actor.user)


def _left_for(actor: Actor) -> QuerySet[Notice]:
    return Notice.objects.filter(Q(user=None) | Q(user=actor.user), workspace=actor.workspace)
