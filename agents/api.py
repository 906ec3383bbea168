"""Agents, tools, models and notices over HTTP."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from agents import operations, queries
from agents.models import Agent, LanguageModel, Provider
from convergio.errors import NotFound
from convergio.rest.auth import actor_of
from convergio.rest.paging import Page, Paging, one_or_none, paged
from convergio.workspaces.permissions import Permission

router = Router(tags=["Agents"])


class AgentOut(Schema):
    """An agent of the catalogue."""

    slug: str
    name: str
    role: str
    description: str
    category: str
    capabilities: list[str]
    tools: list[str]
    tags: list[str]
    tier: str
    status: str
    version: int


class AgentFilters(Schema):
    """Narrow the list of agents."""

    category: str = ""
    capability: str = ""
    status: str = ""
    search: str = ""


class ToolOut(Schema):
    """A tool with the JSON Schema of its arguments. `cost` in US dollars a call; `ask_first`: a person allows each."""

    slug: str
    title: str
    description: str
    parameters: dict[str, Any]
    permissions: list[str]
    idempotent: bool
    is_enabled: bool
    ask_first: bool
    timeout_s: int
    cost: float


class NoticeOut(Schema):
    """What a run or the system left for a person or for everybody; `is_read` says whether you did."""

    title: str
    text: str
    url: str
    created_at: datetime
    is_read: bool


class Reading(Schema):
    """How many notices were read now."""

    read: int


class ModelOut(Schema):
    """A model. Prices in US dollars per million tokens."""

    name: str
    provider: str
    kind: str
    prompt_price: float
    completion_price: float
    context_tokens: int
    supports_tools: bool
    supports_json_schema: bool
    fallback_order: int | None
    is_active: bool

    @staticmethod
    def resolve_provider(model: LanguageModel) -> str:
        return model.provider.slug

    @staticmethod
    def resolve_kind(model: LanguageModel) -> str:
        return model.provider.kind


class ProviderOut(Schema):
    """A place that serves models; its key is never shown, `has_key` says whether there is one."""

    slug: str
    name: str
    kind: str
    base_url: str
    has_key: bool = False
    is_active: bool

    @staticmethod
    def resolve_has_key(provider: Provider) -> bool:
        return bool(provider.api_key)


@router.get("/agents", response=Page[AgentOut])
def list_agents(request: HttpRequest, filters: Query[AgentFilters], paging: Query[Paging]) -> Any:
    """The agents of the workspace, by name."""
    rows = queries.visible_to(actor_of(request)).order_by("name", "slug")
    equal = {name: value for name in ("category", "status") if (value := getattr(filters, name))}
    rows = rows.filter(**equal)
    rows = rows.filter(capabilities__contains=[filters.capability]) if filters.capability else rows
    return paged(rows.filter(name__icontains=filters.search), paging)


@router.get("/agents/{slug}")
def get_agent(request: HttpRequest, slug: str) -> dict[str, Any]:
    """One agent with its prompt, its tools and the model that would be asked first."""
    found: Agent | None = one_or_none(queries.visible_to(actor_of(request)), slug=slug)
    if found is None:
        raise NotFound("There is no such agent in this workspace.")
    return queries.agent_card(found)


@router.get("/tools", response=Page[ToolOut], tags=["Tools"])
def list_tools(request: HttpRequest, paging: Query[Paging]) -> Any:
    """Every tool of the catalogue, with what the workspace decided about it."""
    return paged(_tools(request), paging)


@router.get("/tools/{slug}", response=ToolOut, tags=["Tools"])
def get_tool(request: HttpRequest, slug: str) -> Any:
    """One tool."""
    found = next((tool for tool in _tools(request) if tool["slug"] == slug), None)
    if found is None:
        raise NotFound("There is no such tool.")
    return found


@router.get("/notices", response=Page[NoticeOut], tags=["Notices"])
def list_notices(request: HttpRequest, paging: Query[Paging]) -> Any:
    """What was left for you or for everybody, the newest first."""
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    return paged(queries.notices_for(actor).order_by("-created_at", "-pk"), paging)


@router.post("/notices/reading", response=Reading, tags=["Notices"])
def read_notices(request: HttpRequest) -> Any:
    """Count all of them as read by you."""
    return {"read": operations.read_notices(by=actor_of(request))}


@router.get("/models", response=Page[ModelOut], tags=["Models"])
def list_models(request: HttpRequest, paging: Query[Paging]) -> Any:
    """The models that may serve, those asked first coming first."""
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    return paged(queries.active_models(actor.workspace).order_by("fallback_order", "name"), paging)


@router.get("/providers", response=Page[ProviderOut], tags=["Models"])
def list_providers(request: HttpRequest, paging: Query[Paging]) -> Any:
    """The providers, for who administers the workspace."""
    actor = actor_of(request)
    actor.require(Permission.ADMINISTER)
    return paged(queries.providers_visible_to(actor).order_by("slug"), paging)


def _tools(request: HttpRequest) -> list[dict[str, Any]]:
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    return [_tool(card) for card in queries.tool_cards(actor.workspace)]


def _tool(card: queries.ToolCard) -> dict[str, Any]:
    tool = card.tool
    return {
        "slug": tool.slug,
        "title": tool.title,
        "description": tool.description,
        "parameters": tool.parameters,
        "permissions": list(tool.permissions),
        "idempotent": tool.idempotent,
        "is_enabled": card.is_enabled,
        "ask_first": card.ask_first,
        "timeout_s": card.timeout_s,
        "cost": card.cost,
    }
