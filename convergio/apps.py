"""The wiring app."""

from django.apps import AppConfig


class ConvergioConfig(AppConfig):
    """What holds all apps together."""

    name = "convergio"

    def ready(self) -> None:
        """Have tasks sent to our broker, also from the web process."""
        import convergio.celery  # noqa: F401
