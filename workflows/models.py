"""What may happen: workflows with their draft, and their frozen versions."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from convergio.ids import uuid7
from convergio.json_fields import OrderedJSONField


class Workflow(models.Model):
    """A named process with one draft that people edit and many published versions that runs use."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="workflows")
    slug = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    description = models.CharField(max_length=1000, blank=True)
    category = models.CharField(max_length=64, blank=True)
    tags = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    is_active = models.BooleanField(default=True)
    draft = OrderedJSONField(default=dict)
    draft_revision = models.PositiveIntegerField(default=0)
    published = models.ForeignKey(
        "WorkflowVersion", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    source_template = models.CharField(max_length=100, blank=True)
    created_by = models.ForeignKey("workspaces.User", on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "slug"], name="workflow_slug_once")
        ]

    def __str__(self) -> str:
        return self.name


class WorkflowVersion(models.Model):
    """A frozen definition; never changed after it was made. `digest` is the SHA-256 of the document.

    A published one has a number. One without is a draft as it was when somebody tried it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(null=True)
    definition = OrderedJSONField()
    digest = models.CharField(max_length=64)
    note = models.CharField(max_length=1000, blank=True)
    created_by = models.ForeignKey("workspaces.User", on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workflow", "number"], name="workflow_version_once"),
            models.UniqueConstraint(
                fields=["workflow", "digest"], condition=models.Q(number=None), name="workflow_tried_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} {'draft' if self.number is None else f'v{self.number}'}"

    @property
    def label(self) -> str:
        """What it is called in a sentence."""
        return "the draft" if self.number is None else f"version {self.number}"


class DraftChange(models.Model):
    """One entry of a draft's log: what one request changed, and with it the way back.

    `patch` names only what differs (see workflows/drafting/patches.py). `revision` is the draft's after it. `client`
    and `request` are the window and its count of requests, so that one sent twice is done once.
    """

    class Kind(models.TextChoices):
        """What made it."""

        EDIT = "edit", "Edit"
        UNDO = "undo", "Undo"
        REDO = "redo", "Redo"

    class State(models.TextChoices):
        """Whether its person may still undo it (done), redo it (undone), or neither (dropped)."""

        DONE = "done", "Done"
        UNDONE = "undone", "Undone"
        DROPPED = "dropped", "Dropped"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="draft_changes")
    revision = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.EDIT)
    state = models.CharField(max_length=8, choices=State, default=State.DONE)
    title = models.CharField(max_length=200)
    patch = OrderedJSONField()
    client = models.CharField(max_length=64, blank=True)
    request = models.PositiveIntegerField(null=True, blank=True)
    created_by = models.ForeignKey("workspaces.User", on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["-revision"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workflow", "revision"], name="draft_change_once")
        ]

    def __str__(self) -> str:
        return f"{self.revision}: {self.title}"
