"""What happened: executions, their step runs, events, inbox, journal and files.

Rows of a run are written only by `executions.store` while the run is owned; everybody else posts a command.
"""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from convergio.ids import uuid7
from convergio.json_fields import OrderedJSONField


class ExecutionStatus(models.TextChoices):
    """Where a run stands. The last four are ends; an ended run may be revived only by a retry."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting"
    PAUSED = "paused", "Paused"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    TIMED_OUT = "timed_out", "Timed out"


class StepStatus(models.TextChoices):
    """Where one step run stands."""

    PENDING = "pending", "Pending"
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting"
    RETRYING = "retrying", "Retrying"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Skipped"
    CANCELLED = "cancelled", "Cancelled"


class Usage(models.Model):
    """What work consumed; cost in US dollars."""

    requests = models.PositiveIntegerField(default=0)
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    completion_tokens = models.PositiveBigIntegerField(default=0)
    tool_calls = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)

    class Meta:
        abstract = True


TRIAL = "trial"
"""The trigger of a run that only tries a draft."""


class Execution(Usage):
    """One run of a version, or of a draft that was tried.

    `seq` counts its events and guards every write together with `fence`, which grows with each claim: an owner whose
    run was taken over writes nothing. `state` holds what the engine needs beyond the step runs (context, counters).
    `owner` names the worker process that the run lives in; it is empty exactly when the run lies still with nothing
    left to do: ended, or waiting for people or time. `next_due_at` is kept only then.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="executions")
    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.CASCADE, related_name="executions")
    version = models.ForeignKey(
        "workflows.WorkflowVersion", on_delete=models.PROTECT, related_name="executions"
    )
    number = models.PositiveIntegerField(help_text="Counts the runs of its workflow")
    status = models.CharField(max_length=16, choices=ExecutionStatus, default=ExecutionStatus.QUEUED)
    inputs = OrderedJSONField(default=dict)
    outputs = OrderedJSONField(null=True, blank=True)
    error = OrderedJSONField(null=True, blank=True, help_text='{"code", "message", "step"}')
    state = OrderedJSONField(default=dict, blank=True)
    trigger = models.CharField(max_length=32, default="manual")
    started_by = models.ForeignKey("workspaces.User", on_delete=models.SET_NULL, null=True, blank=True)
    idempotency_key = models.CharField(max_length=200, null=True, blank=True)
    request_digest = models.CharField(max_length=64, blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="children"
    )
    parent_path = models.CharField(max_length=500, blank=True)
    parent_round = models.PositiveIntegerField(default=0)
    forked_from = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="forks"
    )
    depth = models.PositiveSmallIntegerField(default=0, help_text="How many sub-workflow calls lie above")

    seq = models.PositiveBigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, blank=True)
    fence = models.PositiveBigIntegerField(default=0)
    owner = models.CharField(max_length=100, blank=True)
    claims_without_progress = models.PositiveSmallIntegerField(default=0)
    next_due_at = models.DateTimeField(
        null=True, blank=True, help_text="Earliest timer: retry, wait, timeout"
    )

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "-created_at"]),
            models.Index(fields=["workspace", "status", "-created_at"]),
            models.Index(fields=["owner"], condition=~models.Q(owner=""), name="execution_owned"),
            models.Index(fields=["created_at"], condition=models.Q(status="queued"), name="execution_queued"),
            models.Index(
                fields=["next_due_at"], condition=models.Q(next_due_at__isnull=False), name="execution_due"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workflow", "number"], name="execution_number_once"),
            models.UniqueConstraint(fields=["workspace", "idempotency_key"], name="execution_idempotent"),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} #{self.number}"


class StepRun(Usage):
    """One activation of a step (or one iteration of a loop), addressed by path and round.

    The database checks no foreign key here, nor in events and calls: the check would lock the run's row at each write.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    execution = models.ForeignKey(
        Execution, on_delete=models.CASCADE, related_name="step_runs", db_constraint=False, db_index=False
    )
    path = models.CharField(max_length=500)
    round = models.PositiveIntegerField(default=0)
    step_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, help_text="The step's type, or “iteration”")
    scope = models.CharField(
        max_length=500, blank=True, help_text="Path of the iteration or container around it"
    )
    status = models.CharField(max_length=16, choices=StepStatus, default=StepStatus.PENDING)
    is_open = models.BooleanField(default=True, help_text="Still needed to go on with the run")
    attempt = models.PositiveSmallIntegerField(default=0)
    port = models.CharField(max_length=64, blank=True)
    input = OrderedJSONField(null=True, blank=True)
    output = OrderedJSONField(null=True, blank=True)
    error = OrderedJSONField(null=True, blank=True)
    feedback = OrderedJSONField(null=True, blank=True, help_text="What a reviewer asked for in this round")
    state = OrderedJSONField(default=dict, blank=True)
    served_by = models.CharField(max_length=200, blank=True, help_text="Model that really answered")
    due_at = models.DateTimeField(null=True, blank=True)
    created_seq = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["created_seq", "path"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["execution", "path", "round"], name="step_run_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["execution"], condition=models.Q(is_open=True), name="step_run_open")
        ]

    def __str__(self) -> str:
        return f"{self.path} (round {self.round})"


class Event(models.Model):
    """A fact in a run's log: append-only, numbered without gap, each hash over the one before."""

    pk = models.CompositePrimaryKey("execution_id", "seq")
    execution_id = models.UUIDField()
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    type = models.CharField(max_length=40)
    path = models.CharField(max_length=500, blank=True)
    data = OrderedJSONField(default=dict)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar = ["execution_id", "seq"]
        indexes: ClassVar = [
            models.Index(fields=["at"], condition=models.Q(type="sla.breached"), name="event_late")
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type} {self.path}"


class Command(models.Model):
    """Something from outside that a run has not looked at yet; deleted by the write that takes it in."""

    execution = models.ForeignKey(
        Execution, on_delete=models.CASCADE, related_name="inbox", db_constraint=False
    )
    kind = models.CharField(max_length=40)
    data = OrderedJSONField(default=dict)
    posted_at = models.DateTimeField(default=timezone.now)
    posted_by = models.ForeignKey("workspaces.User", on_delete=models.SET_NULL, null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} for {self.execution_id}"


class Worker(models.Model):
    """A worker process. While it renews its lease, nobody else may claim the runs that it owns."""

    name = models.CharField(primary_key=True, max_length=100)
    lease_until = models.DateTimeField()
    started_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Pin(models.Model):
    """What a step of a draft gives in trials, without working."""

    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.CASCADE, related_name="pins")
    step_id = models.CharField(max_length=64)
    output = OrderedJSONField(null=True, blank=True)
    port = models.CharField(max_length=64)
    created_by = models.ForeignKey("workspaces.User", on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workflow", "step_id"], name="pin_once_a_step")
        ]

    def __str__(self) -> str:
        return f"{self.step_id} of {self.workflow}"


class CallStatus(models.TextChoices):
    """A call that started and never reported is the crash we must not repeat blindly."""

    STARTED = "started", "Started"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Failed"
    SUPERSEDED = "superseded", "Superseded"


class Call(models.Model):
    """The journal: one model or tool call inside a step run."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(
        "workspaces.Workspace",
        on_delete=models.CASCADE,
        related_name="calls",
        db_constraint=False,
        db_index=False,
    )
    execution = models.ForeignKey(
        Execution, on_delete=models.CASCADE, related_name="calls", db_constraint=False
    )
    path = models.CharField(max_length=500)
    round = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=8, choices=[("model", "Model"), ("tool", "Tool")])
    actor = models.CharField(max_length=200, help_text="Slug of the agent, or the step itself")
    ordinal = models.PositiveIntegerField(help_text="Counts equal requests of one actor in the step run")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the request")
    name = models.CharField(max_length=200, help_text="Model or tool asked for")
    served_by = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=12, choices=CallStatus, default=CallStatus.STARTED)
    request = OrderedJSONField(default=dict)
    response = OrderedJSONField(null=True, blank=True)
    error = OrderedJSONField(null=True, blank=True)
    idempotency_key = models.CharField(max_length=100)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["started_at", "id"]
        indexes: ClassVar = [models.Index(fields=["workspace", "started_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["execution", "path", "round", "kind", "actor", "digest", "ordinal"],
                condition=~models.Q(status="superseded"),
                name="call_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name} #{self.ordinal}"


def run_file_path(run_file: "RunFile", filename: str) -> str:
    """Return where a file lies under MEDIA_ROOT; the person's file name is never part of a path."""
    return f"runs/{run_file.workspace_id}/{run_file.id}"


class RunFile(models.Model):
    """A file in a run's own space: uploaded as an input or written by a tool."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="run_files")
    execution = models.ForeignKey(
        Execution, on_delete=models.CASCADE, related_name="files", null=True, blank=True
    )
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100, default="application/octet-stream")
    size = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    content = models.FileField(upload_to=run_file_path)
    written_by = models.CharField(max_length=500, blank=True, help_text="Path of the step that wrote it")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["created_at"]

    def __str__(self) -> str:
        return self.name
