"""The executions app."""

from django.apps import AppConfig


class ExecutionsConfig(AppConfig):
    """Executions."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "executions"
    verbose_name = "Executions"

    def ready(self) -> None:
        """Listen to settled requests, and tell what runs know about those that are asked."""
        from approvals import packet
        from approvals.signals import request_settled
        from executions import packets
        from executions.answers import on_settled

        request_settled.connect(on_settled, dispatch_uid="executions.answers")
        packet.register(packets.about)
