"""Requests and decisions, for looking; they are answered in the inbox."""

from django.contrib import admin
from django.utils.safestring import SafeString

from approvals.models import ApprovalRequest, Decision
from convergio.workspaces.administration import ReadOnlyModelAdmin, ReadOnlyTable, as_code


class DecisionTable(ReadOnlyTable):
    """What was answered."""

    model = Decision
    workspace_lookup = "request__workspace"
    fields = readonly_fields = ("user", "answer", "comment", "via", "created_at")


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ReadOnlyModelAdmin):
    """What waits, or waited, for people."""

    list_display = (
        "title",
        "kind",
        "status",
        "assignees",
        "origin_label",
        "round",
        "due_at",
        "expires_at",
        "settled_at",
    )
    list_filter = ("status", "kind")
    search_fields = ("title", "origin_label", "origin")
    date_hierarchy = "created_at"
    inlines = (DecisionTable,)
    fields = readonly_fields = (
        "title",
        "description",
        "kind",
        "status",
        "assignees",
        "quorum",
        "can_revise",
        "separation_of_duties",
        "requested_by",
        "origin_label",
        "origin_path",
        "round",
        "parent",
        "created_at",
        "due_at",
        "expires_at",
        "auto_approve_at",
        "settled_at",
        "reviewed",
        "asked",
    )

    @admin.display(description="Under review")
    def reviewed(self, request: ApprovalRequest) -> SafeString:
        """Return what people looked at."""
        return as_code(request.data)

    @admin.display(description="Form")
    def asked(self, request: ApprovalRequest) -> SafeString:
        """Return the form's schema."""
        return as_code(request.form)
