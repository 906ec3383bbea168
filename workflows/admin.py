"""Looking after workflows. They are drawn in the product; here one sees what is there and tidies up."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import action

from convergio.workspaces.administration import (
    ReadOnlyModelAdmin,
    ReadOnlyTable,
    WorkspaceModelAdmin,
    adopt,
    as_code,
    each,
    require_actor,
)
from workflows import operations
from workflows.models import Workflow, WorkflowVersion


class VersionTable(ReadOnlyTable):
    """The published versions."""

    model = WorkflowVersion
    workspace_lookup = "workflow__workspace"
    fields = readonly_fields = ("number", "note", "created_by", "created_at", "digest")
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkflowVersion]:
        """Leave out drafts that were tried."""
        rows: QuerySet[WorkflowVersion] = super().get_queryset(request).filter(number__isnull=False)
        return rows


@admin.register(Workflow)
class WorkflowAdmin(WorkspaceModelAdmin):
    """Workflows with their versions."""

    list_display = ("name", "slug", "category", "published", "is_active", "archived_at", "updated_at")
    list_filter = ("is_active", "category")
    search_fields = ("name", "slug", "description")
    inlines = (VersionTable,)
    actions = ("publish", "archive", "unarchive")
    fieldsets = (
        (None, {"fields": operations.EDITABLE}),
        ("Standing", {"fields": ("published", "draft_revision", "source_template", "archived_at")}),
        ("Draft", {"fields": ("draft_document",)}),
    )
    readonly_fields = ("published", "draft_revision", "source_template", "archived_at", "draft_document")

    @admin.display(description="Draft")
    def draft_document(self, workflow: Workflow) -> SafeString:
        """Return the draft as JSON."""
        return as_code(workflow.draft)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make a workflow, or change its facts."""
        by = require_actor(request)
        facts = {name: form.cleaned_data[name] for name in operations.EDITABLE if name in form.cleaned_data}
        facts["tags"] = list(facts.get("tags") or [])
        if change:
            adopt(obj, operations.update(obj, by=by, **facts))
            return
        facts.pop("is_active", None)
        adopt(obj, operations.create(by=by, **facts))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Remove a workflow that never ran."""
        operations.delete(obj, by=require_actor(request))

    @action(description="Publish the draft")
    def publish(self, request: HttpRequest, queryset: QuerySet[Workflow]) -> None:
        """Publish the chosen workflows' drafts."""
        by = require_actor(request)
        each(request, queryset, lambda workflow: operations.publish(workflow, by=by), "Published")

    @action(description="Archive")
    def archive(self, request: HttpRequest, queryset: QuerySet[Workflow]) -> None:
        """Take the chosen workflows out of sight."""
        by = require_actor(request)
        each(request, queryset, lambda workflow: operations.archive(workflow, by=by), "Archived")

    @action(description="Bring back from the archive")
    def unarchive(self, request: HttpRequest, queryset: QuerySet[Workflow]) -> None:
        """Bring the chosen workflows back."""
        by = require_actor(request)
        each(
            request,
            queryset,
            lambda workflow: operations.unarchive(workflow, by=by),
            "Brought back",
        )


@admin.register(WorkflowVersion)
class WorkflowVersionAdmin(ReadOnlyModelAdmin):
    """Versions never change; those without a number are drafts that were tried."""

    workspace_lookup = "workflow__workspace"
    list_display = ("workflow", "number", "note", "created_by", "created_at")
    list_filter = ("workflow",)
    fields = readonly_fields = (
        "workflow",
        "number",
        "note",
        "digest",
        "created_by",
        "created_at",
        "document",
    )

    @admin.display(description="Definition")
    def document(self, version: WorkflowVersion) -> SafeString:
        """Return the definition as JSON."""
        return as_code(version.definition)
