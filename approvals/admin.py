"""Requests, decisions and what happened around them, for looking; they are answered in the inbox."""

from django.contrib import admin
from django.utils.safestring import SafeString

from approvals.models import Absence, Activity, ApprovalRequest, Decision, SavedFilter
from convergio.workspaces.administration import ReadOnlyModelAdmin, ReadOnlyTable, as_code


class DecisionTable(ReadOnlyTable):
    """What was answered, and in whose place."""

    model = Decision
    workspace_lookup = "request__workspace"
    fields = readonly_fields = (
        "user",
        "on_behalf_of",
        "answer",
        "counts_as",
        "comment",
        "edited",
        "via",
        "created_at",
    )

    @admin.display(description="Changed to")
    def edited(self, decision: Decision) -> SafeString | str:
        """Return what the person made of what was under review."""
        return as_code(decision.data) if decision.data is not None else "–"


class ActivityTable(ReadOnlyTable):
    """What happened besides the answers."""

    model = Activity
    workspace_lookup = "request__workspace"
    fields = readonly_fields = ("user", "verb", "text", "created_at")


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ReadOnlyModelAdmin):
    """What waits, or waited, for people."""

    list_display = (
        "title",
        "kind",
        "status",
        "outcome",
        "priority",
        "assignees",
        "claimed_by",
        "origin_label",
        "round",
        "due_at",
        "expires_at",
        "settled_at",
    )
    list_filter = ("status", "kind", "priority")
    list_select_related = ("claimed_by",)
    search_fields = ("title", "origin_label", "origin")
    date_hierarchy = "created_at"
    inlines = (DecisionTable, ActivityTable)
    fields = readonly_fields = (
        "title",
        "description",
        "kind",
        "status",
        "outcome",
        "priority",
        "assignees",
        "quorum",
        "own_answers",
        "can_edit",
        "can_revise",
        "separation_of_duties",
        "requested_by",
        "claimed_by",
        "claimed_at",
        "cost",
        "origin_label",
        "origin_path",
        "round",
        "question",
        "parent",
        "created_at",
        "follow_up_at",
        "remind_at",
        "due_at",
        "escalate_at",
        "escalate_to",
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

    @admin.display(description="Answers of its own")
    def own_answers(self, request: ApprovalRequest) -> str:
        """Return the buttons that it has instead of the usual ones."""
        return ", ".join(f"{one['label']} ({one['counts_as']})" for one in request.answers) or "–"


@admin.register(Absence)
class AbsenceAdmin(ReadOnlyModelAdmin):
    """Who answers for whom, and when."""

    list_display = ("user", "stand_in", "first_day", "last_day")
    list_select_related = ("user", "stand_in")
    search_fields = ("user__email", "stand_in__email")
    date_hierarchy = "first_day"
    fields = readonly_fields = ("user", "stand_in", "first_day", "last_day", "created_at")


@admin.register(SavedFilter)
class SavedFilterAdmin(ReadOnlyModelAdmin):
    """Views of the inbox that people kept."""

    list_display = ("name", "owner", "is_shared", "query")
    list_filter = ("is_shared",)
    list_select_related = ("owner",)
    search_fields = ("name", "owner__email")
    fields = readonly_fields = ("name", "owner", "is_shared", "query", "created_at")
