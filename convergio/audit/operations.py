"""The one way to write the audit trail."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model

from convergio.audit.models import AuditEntry
from convergio.workspaces.actors import Actor


def record(by: Actor, action: str, subject: Model, changes: dict[str, list[Any]] | None = None) -> AuditEntry:
    """Save that `by` did `action` (`<noun>.<verb>`) to `subject`; `changes` is {field: [old, new]}, never a secret."""
    entry = _entry(by, action, subject, changes)
    entry.save()
    return entry


def record_all(by: Actor, action: str, subjects: Iterable[Model]) -> None:
    """Save that `by` did the same to each of them, in one statement."""
    AuditEntry.objects.bulk_create(_entry(by, action, subject) for subject in subjects)


def _entry(by: Actor, action: str, subject: Model, changes: dict[str, list[Any]] | None = None) -> AuditEntry:
    return AuditEntry(
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
