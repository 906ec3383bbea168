"""People, workspaces, roles and API keys."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    """The app that isolates all data."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "convergio.workspaces"
    verbose_name = "People and workspaces"
