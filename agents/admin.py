"""Looking after agents, providers, models and tools."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from unfold.decorators import action
from unfold.widgets import UnfoldAdminPasswordWidget

from agents import operations, queries
from agents.models import Agent, AgentVersion, LanguageModel, Provider, ToolSetting
from agents.tools.catalogue import catalogue
from convergio.workspaces.administration import (
    ReadOnlyTable,
    WorkspaceModelAdmin,
    adopt,
    each,
    require_actor,
)

KEY_HELP = "Stored encrypted and never shown again. Leave empty to keep the stored key."


class VersionTable(ReadOnlyTable):
    """What an agent was."""

    model = AgentVersion
    workspace_lookup = "agent__workspace"
    fields = readonly_fields = ("number", "created_at", "created_by")


@admin.register(Agent)
class AgentAdmin(WorkspaceModelAdmin):
    """Agents; every change is a new version."""

    list_display = ("name", "role", "category", "tier", "status", "model", "version")
    list_filter = ("status", "category", "tier")
    search_fields = ("name", "slug", "role", "description")
    inlines = (VersionTable,)
    actions = ("activate", "retire")
    fieldsets = (
        (None, {"fields": ("name", "slug", "role", "description", "category", "icon")}),
        ("Work", {"fields": ("system_prompt", "model", "temperature", "max_tokens", "tier", "tools")}),
        ("Found by", {"fields": ("capabilities", "tags")}),
        ("Standing", {"fields": ("status", "version", "updated_at")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Definitions name an agent by its slug, so it stays."""
        return ("status", "version", "updated_at", *(("slug",) if obj else ()))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Agents are retired, so that what they did stays explained."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make an agent, or its next version."""
        by, facts = require_actor(request), dict(form.cleaned_data)
        model = facts.pop("model", None)
        if change:
            adopt(obj, operations.update_agent(obj, by=by, model=model, **facts))
        else:
            adopt(obj, operations.create_agent(facts, by=by, model=model))

    @action(description="Put into service")
    def activate(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        """Offer the chosen agents again."""
        by = require_actor(request)
        each(request, queryset, lambda agent: operations.activate_agent(agent, by=by), "Put into service")

    @action(description="Retire")
    def retire(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        """Take the chosen agents out of service."""
        by = require_actor(request)
        each(request, queryset, lambda agent: operations.retire_agent(agent, by=by), "Retired")


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]
    """The key is written, never read."""

    api_key = forms.CharField(
        label="API key", required=False, help_text=KEY_HELP, widget=UnfoldAdminPasswordWidget()
    )

    class Meta:
        model = Provider
        fields = ("name", "slug", "kind", "base_url", "api_key", "options", "is_active")


@admin.register(Provider)
class ProviderAdmin(WorkspaceModelAdmin):
    """Places that serve models."""

    form = ProviderForm
    list_display = ("name", "kind", "base_url", "has_key", "is_active")
    list_filter = ("kind", "is_active")
    actions = ("test_connection",)
    actions_detail: Any = ("test_this_connection",)
    prepopulated_fields = {"slug": ("name",)}

    @admin.display(description="Key", boolean=True)
    def has_key(self, provider: Provider) -> bool:
        """Tell whether a key is stored."""
        return bool(provider.api_key)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Models are named by their provider's slug, so it stays."""
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Make the slug from the name of a new provider."""
        return {} if obj else self.prepopulated_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Providers are switched off, so that past costs stay explained."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save a provider; an empty key keeps the stored one."""
        by, facts = require_actor(request), dict(form.cleaned_data)
        if change:
            adopt(obj, operations.update_provider(obj, by=by, **facts))
            return
        is_active = facts.pop("is_active")
        made = operations.create_provider(by=by, **facts)
        adopt(obj, made if is_active else operations.update_provider(made, by=by, is_active=False))

    @action(description="Test connection")
    def test_connection(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        """Ask each chosen provider for a word."""
        for provider in queryset:
            messages.info(request, operations.test_connection(provider, by=require_actor(request)))

    @action(description="Test connection", url_path="test-connection")
    def test_this_connection(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Ask this provider for a word."""
        provider = self.get_object(request, object_id)
        if provider is not None:
            messages.info(request, operations.test_connection(provider, by=require_actor(request)))
        return redirect("admin:agents_provider_change", object_id)


@admin.register(LanguageModel)
class LanguageModelAdmin(WorkspaceModelAdmin):
    """Models with their prices and the order in which they are asked."""

    workspace_lookup = "provider__workspace"
    list_display = (
        "name",
        "provider",
        "prompt_price",
        "completion_price",
        "context_tokens",
        "fallback_order",
        "is_active",
    )
    list_filter = ("provider", "is_active")
    search_fields = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Calls name a model, so it stays."""
        return ("provider", "name") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Models are switched off, so that past costs stay explained."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save a model."""
        facts = {name: value for name, value in form.cleaned_data.items() if name not in ("provider", "name")}
        made = operations.save_model(obj.provider, name=obj.name, by=require_actor(request), **facts)
        adopt(obj, made)


@admin.register(ToolSetting)
class ToolSettingAdmin(WorkspaceModelAdmin):
    """Every tool of the catalogue, with what the workspace decided about it."""

    list_display = ("slug", "title", "is_enabled", "ask_first", "timeout_s", "cost")
    fields = (
        "slug",
        "title",
        "description",
        "permissions",
        "is_enabled",
        "ask_first",
        "timeout_s",
        "cost",
        "options",
    )
    readonly_fields = ("slug", "title", "description", "permissions")
    search_fields = ("slug",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Tools come with the code."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Tools are switched off."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the whole catalogue: tools nobody decided about get a row with their own defaults."""
        if self.has_view_permission(request):
            _list_all(request)
        return super().changelist_view(request, extra_context)

    @admin.display(description="Name")
    def title(self, setting: ToolSetting) -> str:
        """Return what people call it."""
        tool = catalogue().get(setting.slug)
        return tool.title if tool else "(not installed any more)"

    @admin.display(description="What it does")
    def description(self, setting: ToolSetting) -> str:
        """Return what it does."""
        tool = catalogue().get(setting.slug)
        return tool.description if tool else ""

    @admin.display(description="Touches")
    def permissions(self, setting: ToolSetting) -> str:
        """Return what it touches."""
        tool = catalogue().get(setting.slug)
        return ", ".join(tool.permissions) if tool and tool.permissions else "nothing"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Decide about a tool."""
        chosen = form.cleaned_data
        facts = {name: chosen[name] for name in ("is_enabled", "ask_first", "timeout_s", "cost", "options")}
        adopt(obj, operations.set_tool(obj.slug, by=require_actor(request), **facts))


def _list_all(request: HttpRequest) -> None:
    workspace = require_actor(request).workspace
    cards = queries.tool_cards(workspace)
    rows = [
        ToolSetting(workspace=workspace, slug=card.tool.slug, timeout_s=card.timeout_s, cost=str(card.cost))
        for card in cards
    ]
    ToolSetting.objects.bulk_create(rows, ignore_conflicts=True)
