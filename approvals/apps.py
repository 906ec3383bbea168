"""The approvals app."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """Approvals."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "approvals"
    verbose_name = "Approvals"

    def ready(self) -> None:
        """Tell people of what happens to requests, and write the letters about them."""
        from approvals.letters import write
        from approvals.news import on_changed
        from approvals.signals import request_changed
        from convergio.notifications.letters import register

        request_changed.connect(on_changed, dispatch_uid="approvals.news")
        register("request", write)
