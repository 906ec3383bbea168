"""The one way to write the audit trail."""

from typing import Any

from django.db.models import Model

from convergio.audit.models import AuditEntry
from convergio.workspaces.actors import Actor


def record(by: Actor, action: str, subject: Model, changes: dict[str, list[Any]] | None = None) -> AuditEntry:
    """Save that `by` did `action` (`<noun>.<verb>`) to `subject`; `changes` is {field: [old, new]}, never a secret."""
    return AuditEntry.objects.create(
        workspace=by.workspace,
        actor=by.user,
        actor_label=by.label,
        via=by.via,
        address=by.address,
        action=action,
        object_type=subject._meta.model_name or "",
        object_id=str(subject.pk),
        object_label=str(subject)[:200],
        changes=changes or {},
    )
