"""The audit trail: one row for every operation that changed something."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from convergio.json_fields import OrderedJSONField


class AuditEntry(models.Model):
    """One act. `action` is `<noun>.<verb>` as in `workflow.publish`; `changes` is {field: [old, new]}."""

    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.CASCADE, related_name="audit", null=True, blank=True
    )
    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    actor_label = models.CharField(max_length=200)
    via = models.CharField(max_length=16, default="page")
    address = models.GenericIPAddressField(null=True, blank=True)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    object_label = models.CharField(max_length=200, blank=True)
    changes = OrderedJSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        verbose_name_plural = "audit entries"
        indexes: ClassVar = [models.Index(fields=["workspace", "object_type", "object_id", "-at"])]

    def __str__(self) -> str:
        return f"{self.actor_label}: {self.action} {self.object_label}"
