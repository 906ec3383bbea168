"""The approvals app."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """Approvals."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "approvals"
    verbose_name = "Approvals"
