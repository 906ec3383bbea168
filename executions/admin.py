"""Runs, for looking and for the orders that one may give them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import action

from convergio.workspaces.administration import (
    ReadOnly,
    ReadOnlyTable,
    WorkspaceModelAdmin,
    as_code,
    as_table,
    each,
    require_actor,
)
from executions import chain, operations
from executions.models import Call, Event, Execution, RunFile, StepRun

EVENTS_SHOWN = 200


class StepRunTable(ReadOnlyTable):
    """What happened in each step."""

    model = StepRun
    workspace_lookup = "execution__workspace"
    fields = readonly_fields = (
        "path",
        "round",
        "kind",
        "status",
        "attempt",
        "served_by",
        "requests",
        "cost",
        "started_at",
        "ended_at",
    )


class CallTable(ReadOnlyTable):
    """What was asked of models and tools."""

    model = Call
    fields = readonly_fields = (
        "path",
        "kind",
        "actor",
        "name",
        "served_by",
        "status",
        "prompt_tokens",
        "completion_tokens",
        "cost",
        "started_at",
    )


class FileTable(ReadOnlyTable):
    """What was uploaded or written."""

    model = RunFile
    fields = readonly_fields = ("name", "content_type", "size", "written_by", "created_at")


@admin.register(Execution)
class ExecutionAdmin(ReadOnly, WorkspaceModelAdmin):
    """Runs with their steps, calls, files and log."""

    list_display = (
        "label",
        "status",
        "trigger",
        "started_by",
        "cost",
        "created_at",
        "started_at",
        "ended_at",
    )
    list_filter = ("status", "trigger", "workflow")
    list_select_related = ("workflow", "started_by")
    search_fields = ("workflow__name", "workflow__slug", "id")
    date_hierarchy = "created_at"
    inlines = (StepRunTable, CallTable, FileTable)
    actions = ("cancel", "retry", "verify")
    fieldsets = (
        (None, {"fields": ("workflow", "version", "number", "status", "trigger", "started_by")}),
        (
            "Times",
            {"fields": ("created_at", "started_at", "ended_at", "next_due_at", "owner")},
        ),
        ("Used", {"fields": ("requests", "prompt_tokens", "completion_tokens", "tool_calls", "cost")}),
        ("In and out", {"fields": ("given", "came_out", "went_wrong")}),
        ("Log", {"fields": ("seq", "log")}),
    )

    @admin.display(description="Run", ordering="created_at")
    def label(self, execution: Execution) -> str:
        """Return workflow and number."""
        return str(execution)

    @admin.display(description="Inputs")
    def given(self, execution: Execution) -> SafeString:
        """Return the inputs."""
        return as_code(execution.inputs)

    @admin.display(description="Outputs")
    def came_out(self, execution: Execution) -> SafeString:
        """Return the outputs."""
        return as_code(execution.outputs)

    @admin.display(description="Error")
    def went_wrong(self, execution: Execution) -> SafeString:
        """Return the error."""
        return as_code(execution.error)

    @admin.display(description="Newest events")
    def log(self, execution: Execution) -> SafeString:
        """Return the newest events, newest first."""
        events = Event.objects.filter(execution_id=execution.pk).order_by("-seq")[:EVENTS_SHOWN]
        rows: list[list[Any]] = [[event.seq, event.at, event.type, event.path] for event in events]
        return as_table(["#", "At", "Event", "Step"], rows)

    @action(description="Cancel")
    def cancel(self, request: HttpRequest, queryset: QuerySet[Execution]) -> None:
        """Stop the chosen runs for good."""
        by = require_actor(request)
        each(
            request,
            queryset,
            lambda run: operations.cancel(run, by=by, reason="by an admin"),
            "Cancelled",
        )

    @action(description="Retry what failed")
    def retry(self, request: HttpRequest, queryset: QuerySet[Execution]) -> None:
        """Revive what failed in the chosen runs."""
        by = require_actor(request)
        each(request, queryset, lambda run: operations.retry(run, by=by), "Revived")

    @action(description="Verify the log")
    def verify(self, request: HttpRequest, queryset: QuerySet[Execution]) -> None:
        """Compute the chain of the chosen runs anew."""
        for run in queryset:
            found = chain.verify(run)
            self.message_user(request, f"{run}: {found.sentence}", "success" if found.is_whole else "error")
