"""The workflows app."""

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    """Workflows."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "workflows"
    verbose_name = "Workflows"
