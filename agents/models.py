"""Who can act: agents, the providers and models that serve them, and the tools they may use."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from convergio.encryption import EncryptedTextField
from convergio.ids import uuid7
from convergio.json_fields import OrderedJSONField


class ProviderKind(models.TextChoices):
    """Which client speaks to it; one file each in agents/providers/."""

    EMBEDDED = "embedded", "Embedded model"
    OPENAI = "openai", "OpenAI"
    OPENAI_COMPATIBLE = "openai_compatible", "OpenAI-compatible server"
    AZURE_OPENAI = "azure_openai", "Azure OpenAI"
    ANTHROPIC = "anthropic", "Anthropic"


class Provider(models.Model):
    """A place that serves models, with its key (encrypted at rest, never shown again)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="providers")
    slug = models.SlugField(max_length=100)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=32, choices=ProviderKind)
    base_url = models.CharField(max_length=500, blank=True)
    api_key = EncryptedTextField(blank=True, default="")
    options = OrderedJSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "slug"], name="provider_slug_once")
        ]

    def __str__(self) -> str:
        return self.name


class LanguageModel(models.Model):
    """One model of a provider, with its prices in US dollars per million tokens."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="models")
    name = models.CharField(max_length=200, help_text="As the provider calls it, such as gpt-5-mini")
    prompt_price = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    completion_price = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    context_tokens = models.PositiveIntegerField(default=8192)
    supports_tools = models.BooleanField(default=True)
    supports_json_schema = models.BooleanField(default=True)
    fallback_order = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="1 is the default model, 2 serves when 1 fails, and so on; empty: never unasked",
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["fallback_order", "name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["provider", "name"], name="model_name_once")]

    def __str__(self) -> str:
        return f"{self.provider.slug}/{self.name}"


class AgentStatus(models.TextChoices):
    """Only active agents are offered and run."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


class AgentTier(models.TextChoices):
    """How strong a model the agent deserves."""

    ECONOMY = "economy", "Economy"
    STANDARD = "standard", "Standard"
    PREMIUM = "premium", "Premium"


class Agent(models.Model):
    """A role with a prompt, a model and tools. Runs use the version that was current when the step started."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="agents")
    slug = models.SlugField(max_length=100)
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=64, blank=True)
    icon = models.CharField(max_length=64, default="bot")
    system_prompt = models.TextField()
    model = models.ForeignKey(
        LanguageModel, on_delete=models.SET_NULL, null=True, blank=True, related_name="agents"
    )
    temperature = models.FloatField(default=0.3)
    max_tokens = models.PositiveIntegerField(default=800)
    tools = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    capabilities = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    tags = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    tier = models.CharField(max_length=16, choices=AgentTier, default=AgentTier.STANDARD)
    status = models.CharField(max_length=16, choices=AgentStatus, default=AgentStatus.ACTIVE)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "slug"], name="agent_slug_once")
        ]

    def __str__(self) -> str:
        return self.name


class AgentVersion(models.Model):
    """What an agent was at a number: the AgentSpec document, frozen."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    document = OrderedJSONField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey("workspaces.User", on_delete=models.SET_NULL, null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agent", "number"], name="agent_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.agent} v{self.number}"


class ToolSetting(models.Model):
    """What a workspace decided about a tool of the catalogue: on or off, limits, allow-lists."""

    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.CASCADE, related_name="tool_settings"
    )
    slug = models.CharField(max_length=100)
    is_enabled = models.BooleanField(default=True)
    ask_first = models.BooleanField(default=False, help_text="A person must allow each call")
    timeout_s = models.PositiveIntegerField(default=30)
    cost = models.DecimalField(max_digits=10, decimal_places=6, default=0, help_text="US dollars per call")
    options = OrderedJSONField(default=dict, blank=True)

    class Meta:
        ordering: ClassVar = ["slug"]
        verbose_name = "tool"
        constraints: ClassVar = [models.UniqueConstraint(fields=["workspace", "slug"], name="tool_slug_once")]

    def __str__(self) -> str:
        return self.slug


class Notice(models.Model):
    """A message that a run (tool `notify`) or the system left for a person or a whole workspace."""

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="notices")
    user = models.ForeignKey("workspaces.User", on_delete=models.CASCADE, null=True, blank=True)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    dedupe_key = models.CharField(max_length=200, unique=True, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    readers = models.ManyToManyField("workspaces.User", related_name="+", blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.title
