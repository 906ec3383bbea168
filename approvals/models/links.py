"""Links that let a person answer from their mail."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from convergio.ids import uuid7


class AnswerLink(models.Model):
    """Lets one person answer one request without signing in, once. Only a SHA-256 of its token is stored."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey("approvals.ApprovalRequest", on_delete=models.CASCADE, related_name="links")
    user = models.ForeignKey("workspaces.User", on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["created_at"]

    def __str__(self) -> str:
        return f"{self.user} may answer “{self.request}”"
