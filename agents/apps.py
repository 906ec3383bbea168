"""The agents app."""

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    """Agents, models and tools."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "agents"
    verbose_name = "Agents, models and tools"
