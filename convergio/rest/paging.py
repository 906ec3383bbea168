"""Lists come in pages, by `limit` and `offset`."""

from typing import Any

from django.db.models import Model, QuerySet
from ninja import Field, Schema


class Paging(Schema):
    """Which part of a list is asked for."""

    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=1_000_000)


class Page[T](Schema):
    """A part of a list. `next` is the offset of the part after it, null at the end."""

    items: list[T]
    count: int
    limit: int
    offset: int
    next: int | None = None


def paged(rows: QuerySet[Any, Any] | list[Any], paging: Paging) -> dict[str, Any]:
    """Return the asked part of rows in the shape of a Page."""
    count = len(rows) if isinstance(rows, list) else rows.count()
    end = paging.offset + paging.limit
    return {
        "items": list(rows[paging.offset : end]),
        "count": count,
        "limit": paging.limit,
        "offset": paging.offset,
        "next": end if end < count else None,
    }


def one_or_none[M: Model](rows: QuerySet[M], **lookup: Any) -> M | None:
    """Return the row that a lookup names; None as well for what could never be there."""
    if any(isinstance(value, str) and "\x00" in value for value in lookup.values()):
        return None
    return rows.filter(**lookup).first()
