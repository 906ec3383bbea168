"""`manage.py prepare`: services reachable, tables up to date, files for the browser in place, first content loaded.

May be run again and again.
"""

from typing import Any

import psycopg
import redis
from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError

from convergio import env

SEED = "seed_demo"


class Command(BaseCommand):
    help = "Bring tables and files for the browser up to date and load the first content."

    def handle(self, *args: Any, **options: Any) -> None:
        _reach_database()
        _reach_broker()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        if SEED in get_commands():
            call_command(SEED)


def _reach_database() -> None:
    try:
        psycopg.connect(env.text("DATABASE_URL"), connect_timeout=5).close()
    except psycopg.OperationalError as error:
        raise CommandError(
            f"The database does not answer ({_first_line(error)}). Check DATABASE_URL."
        ) from None


def _reach_broker() -> None:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, retry=None) as client:
            client.ping()
    except redis.RedisError as error:
        raise CommandError(f"The broker does not answer ({_first_line(error)}). Check REDIS_URL.") from None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
