"""`manage.py prepare`: services reachable, tables up to date, files for the browser in place, first content loaded.

May be run again and again.
"""

import os
from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.db.migrations.exceptions import InconsistentMigrationHistory

from convergio.embedded import Trouble
from convergio.embedded.given import reach

SEED = "seed_demo"


class Command(BaseCommand):
    help = "Bring tables and files for the browser up to date and load the first content."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            reach({name: os.environ.get(name, "") for name in ("DATABASE_URL", "REDIS_URL")})
        except Trouble as trouble:
            raise CommandError(str(trouble)) from None
        _migrate()
        call_command("collectstatic", verbosity=0, interactive=False)
        if SEED in get_commands():
            call_command(SEED)


def _migrate() -> None:
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except (DatabaseError, InconsistentMigrationHistory) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CommandError(
            f"The tables in the database do not fit this version ({reason}). Give DATABASE_URL an empty database, or "
            "remove the embedded one with `make reset`."
        ) from None
