"""Change fields of a row and know what changed."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

from django.db.models import Model

type Changes = dict[str, list[Any]]


def plain(value: Any) -> Any:
    """Return a value as the audit trail stores it: JSON; times in ISO 8601, rows by name, decimals as text."""
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, (uuid.UUID, Model, Decimal)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def assign(instance: Model, **fields: Any) -> Changes:
    """Save those fields that differ, only them, and return {field: [old, new]}."""
    changed = {name: value for name, value in fields.items() if getattr(instance, name) != value}
    changes = {name: [plain(getattr(instance, name)), plain(value)] for name, value in changed.items()}
    for name, value in changed.items():
        setattr(instance, name, value)
    if changed:
        touched = {"updated_at"} & {field.name for field in instance._meta.fields}
        instance.save(update_fields=[*changed, *touched])
    return changes
