"""The executions app."""

from django.apps import AppConfig


class ExecutionsConfig(AppConfig):
    """Executions."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "executions"
    verbose_name = "Executions"
