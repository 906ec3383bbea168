"""How a person has set up the inbox: kept views, and who stands in while they are away."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from convergio.ids import uuid7


class SavedFilter(models.Model):
    """A view of the inbox under a name. `query` is what stands behind the question mark of its address."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey("workspaces.User", on_delete=models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=1000, blank=True)
    is_shared = models.BooleanField(default=False, help_text="Shown to everybody in the workspace")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "owner", "name"], name="filter_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class Absence(models.Model):
    """Days, first and last included, on which somebody else may answer for a person. Days are UTC."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("workspaces.User", on_delete=models.CASCADE, related_name="absences")
    stand_in = models.ForeignKey("workspaces.User", on_delete=models.CASCADE, related_name="stands_in")
    first_day = models.DateField()
    last_day = models.DateField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["first_day"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="absence_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=~models.Q(user=models.F("stand_in")), name="absence_stand_in_is_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stand_in} for {self.user}, {self.first_day} to {self.last_day}"
