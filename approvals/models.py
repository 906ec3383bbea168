"""What waits for a person: requests and the decisions made on them.

This app knows nothing of executions: a request carries where it came from as plain text (`origin`, `origin_path`,
`round`) and whoever opened it listens to `approvals.signals.request_settled`.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from convergio.ids import uuid7
from convergio.json_fields import OrderedJSONField


class RequestKind(models.TextChoices):
    """An approval is decided; an input is filled in."""

    APPROVAL = "approval", "Approval"
    INPUT = "input", "Form"


class RequestStatus(models.TextChoices):
    """Only a pending request can change, and it does so once."""

    PENDING = "pending", "Pending"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    CHANGES_REQUESTED = "changes_requested", "Changes requested"
    SUBMITTED = "submitted", "Submitted"
    CANCELLED = "cancelled", "Cancelled"
    TIMED_OUT = "timed_out", "Timed out"


class ApprovalRequest(models.Model):
    """Asks people for a decision or a form. `assignees` are user:<e-mail>, group:<slug> or role:<role>."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.CASCADE, related_name="approval_requests"
    )
    kind = models.CharField(max_length=16, choices=RequestKind, default=RequestKind.APPROVAL)
    status = models.CharField(max_length=20, choices=RequestStatus, default=RequestStatus.PENDING)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    data = OrderedJSONField(null=True, blank=True, help_text="What is under review")
    form = OrderedJSONField(null=True, blank=True, help_text="JSON Schema of a form to fill")
    assignees = ArrayField(models.CharField(max_length=320), default=list)
    quorum = models.CharField(max_length=8, default="any", help_text="any, all or a number")
    can_revise = models.BooleanField(default=False)
    separation_of_duties = models.BooleanField(default=False)
    requested_by = models.ForeignKey("workspaces.User", on_delete=models.SET_NULL, null=True, blank=True)
    origin = models.CharField(max_length=64, blank=True, help_text="Id of the execution that waits")
    origin_path = models.CharField(max_length=500, blank=True)
    origin_label = models.CharField(max_length=300, blank=True)
    round = models.PositiveIntegerField(default=0)
    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="revisions"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    auto_approve_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "status", "-created_at"]),
            models.Index(
                fields=["expires_at"], condition=models.Q(status="pending"), name="request_expiring"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["origin", "origin_path", "round"],
                condition=~models.Q(origin=""),
                name="request_once_per_round",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Answer(models.TextChoices):
    """What a person may say."""

    APPROVE = "approve", "Approve"
    REJECT = "reject", "Reject"
    REQUEST_CHANGES = "request_changes", "Request changes"
    SUBMIT = "submit", "Submit"


class Decision(models.Model):
    """One person's answer. With a quorum several make the outcome."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="decisions")
    user = models.ForeignKey("workspaces.User", on_delete=models.SET_NULL, null=True, blank=True)
    answer = models.CharField(max_length=20, choices=Answer)
    comment = models.TextField(blank=True)
    form = OrderedJSONField(null=True, blank=True)
    via = models.CharField(max_length=16, default="page")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["created_at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["request", "user"], name="decision_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.answer}"
