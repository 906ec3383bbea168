"""The audit trail, for looking."""

from django.contrib import admin
from django.utils.safestring import SafeString

from convergio.audit.models import AuditEntry
from convergio.workspaces.administration import ReadOnlyModelAdmin, as_table


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyModelAdmin):
    """Who did what, from where."""

    list_display = ("at", "actor_label", "action", "object_label", "via", "address")
    list_filter = ("action", "via")
    search_fields = ("actor_label", "object_label", "object_id")
    date_hierarchy = "at"
    fields = (
        "at",
        "actor_label",
        "via",
        "address",
        "action",
        "object_type",
        "object_id",
        "object_label",
        "changed",
    )
    readonly_fields = fields

    @admin.display(description="Changes")
    def changed(self, entry: AuditEntry) -> SafeString:
        """Return old and new values."""
        return as_table(["Field", "Old", "New"], [[name, *both] for name, both in entry.changes.items()])
