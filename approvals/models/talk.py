"""What happened around a request besides the answers, and who wants to hear of it."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from approvals.models.requests import ApprovalRequest
from convergio.ids import uuid7


class Verb(models.TextChoices):
    """What somebody, or time, did to a request."""

    OPENED = "opened", "asked"
    COMMENTED = "commented", "commented"
    CLAIMED = "claimed", "claimed it"
    RELEASED = "released", "released it"
    DELEGATED = "delegated", "handed it on"
    REMINDED = "reminded", "sent a reminder"
    ESCALATED = "escalated", "escalated it"


class Activity(models.Model):
    """One such act. `user` is empty when it was time; `about` is whom it was handed to or who was mentioned."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="activities")
    user = models.ForeignKey("workspaces.User", on_delete=models.SET_NULL, null=True, blank=True)
    verb = models.CharField(max_length=16, choices=Verb)
    text = models.TextField(blank=True)
    about = models.ManyToManyField("workspaces.User", blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["created_at", "id"]
        verbose_name_plural = "activities"

    def __str__(self) -> str:
        return f"{self.user or 'the product'} {self.get_verb_display()}"


class Watch(models.Model):
    """A person who hears of everything that happens to a request."""

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="watches")
    user = models.ForeignKey("workspaces.User", on_delete=models.CASCADE)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["request", "user"], name="watch_once")]

    def __str__(self) -> str:
        return f"{self.user} watches {self.request}"
