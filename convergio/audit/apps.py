"""Who did what, from where."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit trail."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "convergio.audit"
    verbose_name = "Audit"
