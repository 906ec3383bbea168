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
    """Why a person is asked. An approval is decided, an input filled in; the others come up in the middle of a step."""

    APPROVAL = "approval", "Approval"
    INPUT = "input", "Form"
    TOOL = "tool", "Tool call"
    LIMIT = "limit", "Limit reached"
    REPAIR = "repair", "Failed step"
    QUESTION = "question", "Question"


class Priority(models.IntegerChoices):
    """How much it matters; a larger number goes first."""

    LOW = 0, "Low"
    NORMAL = 1, "Normal"
    HIGH = 2, "High"
    URGENT = 3, "Urgent"


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
    """Asks people for a decision or a form. `assignees` are user:<e-mail>, group:<slug> or role:<role>.

    `answers` are buttons of its own: [{"id", "label", "counts_as": "approve" or "reject", "needs_comment"}]; without
    any it has those of its kind. `question` tells apart what one activation of a step asks one after the other.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.CASCADE, related_name="approval_requests"
    )
    kind = models.CharField(max_length=16, choices=RequestKind, default=RequestKind.APPROVAL)
    status = models.CharField(max_length=20, choices=RequestStatus, default=RequestStatus.PENDING)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    data = OrderedJSONField(null=True, blank=True, help_text="What is under review")
    can_edit = models.BooleanField(
        default=False, help_text="May what is under review be changed and then approved?"
    )
    answers = models.JSONField(default=list, blank=True)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    cost = models.DecimalField(
        max_digits=14, decimal_places=6, default=0, help_text="US dollars spent by the run until it asked"
    )
    facts = OrderedJSONField(default=dict, blank=True, help_text="What led here, as the opener knows it")
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
    question = models.CharField(max_length=64, blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="revisions"
    )
    claimed_by = models.ForeignKey(
        "workspaces.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="claimed_requests"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    follow_up_at = models.DateTimeField(null=True, blank=True)
    remind_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    escalate_at = models.DateTimeField(null=True, blank=True)
    escalate_to = ArrayField(models.CharField(max_length=320), default=list, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    auto_approve_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=40, blank=True, help_text="The answer that settled it")

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "status", "-created_at"]),
            models.Index(
                fields=["expires_at"], condition=models.Q(status="pending"), name="request_expiring"
            ),
            models.Index(
                fields=["workspace", "-settled_at"],
                condition=~models.Q(status="pending"),
                name="request_settled",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["origin", "origin_path", "round", "question"],
                condition=~models.Q(origin=""),
                name="request_once_per_round",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Answer(models.TextChoices):
    """What a person may say where a request has no answers of its own."""

    APPROVE = "approve", "Approve"
    REJECT = "reject", "Reject"
    REQUEST_CHANGES = "request_changes", "Request changes"
    SUBMIT = "submit", "Submit"


class Decision(models.Model):
    """One person's answer. With a quorum several make the outcome.

    `data` is what was under review as this person changed it; `packet` is exactly what they saw. A stand-in answers
    on behalf of somebody who is away.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="decisions")
    user = models.ForeignKey("workspaces.User", on_delete=models.SET_NULL, null=True, blank=True)
    on_behalf_of = models.ForeignKey(
        "workspaces.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="decisions_by_others",
    )
    answer = models.CharField(max_length=40)
    counts_as = models.CharField(max_length=20, choices=Answer)
    comment = models.TextField(blank=True)
    form = OrderedJSONField(null=True, blank=True)
    data = OrderedJSONField(null=True, blank=True)
    packet = OrderedJSONField(null=True, blank=True)
    via = models.CharField(max_length=16, default="page")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["created_at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["request", "user"], name="decision_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.answer}"

    @property
    def label(self) -> str:
        """The answer as its button had it."""
        own = {str(one["id"]): str(one["label"]) for one in self.request.answers}
        return own.get(self.answer) or str(Answer(self.counts_as).label)
