"""A database field for documents that people wrote or will read."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.types.json import Json, Jsonb


class OrderedJSONField(models.JSONField):
    """JSON that comes back in the order in which it was written.

    PostgreSQL's `jsonb` sorts keys by their length, so that the fields of a form or of a result would change places.
    Its `json` keeps them, at the price that the database can neither compare nor search inside: nothing here does.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "json"

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        made = super().get_db_prep_value(value, connection, prepared)
        return Json(made.obj, dumps=made.dumps) if isinstance(made, Jsonb) else made

    def from_db_value(self, value: Any, *_: Any) -> Any:
        """What psycopg has parsed already."""
        return value
