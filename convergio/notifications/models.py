"""What people are told, how they want to be told, and what still has to go out."""

import secrets
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from convergio.encryption import EncryptedTextField
from convergio.ids import uuid7
from convergio.json_fields import OrderedJSONField


class Kind(models.TextChoices):
    """Why somebody is told. People choose for each kind how they want to hear of it."""

    ASKED = "asked", "You are asked for an answer"
    DELEGATED = "delegated", "A request is handed to you"
    MENTIONED = "mentioned", "Somebody mentions you"
    REMINDER = "reminder", "Something you were asked is due soon"
    ESCALATION = "escalation", "A request that waited too long comes to you"
    CHANGED = "changed", "Something you asked for or watch has changed"
    LATE = "late", "A run or a step takes longer than it should"


FOR_CHATS = (Kind.ASKED, Kind.REMINDER, Kind.ESCALATION, Kind.CHANGED, Kind.LATE)
"""Kinds that chats hear of; the others are between people."""


class Notification(models.Model):
    """One piece of news for one person. `about` names what it is about (`request:<id>`); `url` is a path of ours.

    Somebody who wants a kind by e-mail alone has a row that is not shown.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("workspaces.User", on_delete=models.CASCADE, related_name="notifications")
    actor = models.ForeignKey(
        "workspaces.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=16, choices=Kind)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    about = models.CharField(max_length=120, blank=True)
    is_shown = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["user", "workspace", "-created_at"],
                condition=models.Q(is_shown=True),
                name="notification_shown",
            ),
            models.Index(
                fields=["about"], condition=models.Q(read_at__isnull=True), name="notification_unread"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Preference(models.Model):
    """How a person wants to hear of one kind of news of a workspace; without a row the default holds."""

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("workspaces.User", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind)
    page = models.BooleanField(default=True)
    email = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "user", "kind"], name="preference_once")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_kind_display()}"


def new_secret() -> str:
    """Return a secret that messages to a chat are signed with."""
    return secrets.token_urlsafe(32)


class Webhook(models.Model):
    """A chat, or a program, that hears of some kinds of news. Address and secret are encrypted at rest."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=100)
    url = EncryptedTextField()
    secret = EncryptedTextField(default=new_secret)
    kinds = ArrayField(models.CharField(max_length=16, choices=Kind), default=list)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = "chat webhook"

    def __str__(self) -> str:
        return self.name


class Channel(models.TextChoices):
    """A way out of the product."""

    EMAIL = "email", "E-mail"
    WEBHOOK = "webhook", "Webhook"


class DeliveryStatus(models.TextChoices):
    """Where something that is to go out stands; the last three are ends."""

    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    DROPPED = "dropped", "Not needed any more"


class Delivery(models.Model):
    """Something that goes out, once: written with the news itself, sent by a worker after that has committed.

    `text` is what was sent, without the secret parts of its links; it is there as soon as the mail was made.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=16, choices=Channel)
    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, null=True, blank=True)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, null=True, blank=True)
    recipient = models.CharField(max_length=254)
    payload = OrderedJSONField(default=dict, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    status = models.CharField(max_length=16, choices=DeliveryStatus, default=DeliveryStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        verbose_name_plural = "deliveries"
        indexes: ClassVar = [
            models.Index(fields=["next_at"], condition=models.Q(status="waiting"), name="delivery_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} to {self.recipient}"


class Told(models.Model):
    """What has been seen to, by key, so that it is seen to once, whoever finds it and how often."""

    key = models.CharField(primary_key=True, max_length=200)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "told"

    def __str__(self) -> str:
        return self.key
