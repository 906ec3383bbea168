"""Telling people: in their pages, by e-mail, and to chats."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """News for people, and the outbox in which it waits until it has gone out."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "convergio.notifications"
    verbose_name = "Notifications"
