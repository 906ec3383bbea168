"""The agents app."""

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class AgentsConfig(AppConfig):
    """Agents, models and tools."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "agents"
    verbose_name = "Agents, models and tools"

    def ready(self) -> None:
        """Have steps see at once what is changed in their own process."""
        from agents.runtime.kept import forget

        for model in self.get_models():
            for signal in (post_save, post_delete):
                signal.connect(forget, sender=model, dispatch_uid=f"kept {model.__name__}")
