"""`manage.py verify_events [RUN …]`: whether the logs of runs are as they were written."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.models import QuerySet

from executions.chain import Verification, verify
from executions.models import Execution

ORPHANS = """
SELECT event.execution_id, count(*) FROM executions_event AS event
WHERE NOT EXISTS (SELECT FROM executions_execution AS run WHERE run.id = event.execution_id)
GROUP BY event.execution_id ORDER BY event.execution_id
"""


class Command(BaseCommand):
    """Compute the hash chain of runs anew."""

    help = "Compute the hash chain of all runs, or of some, anew; name the first broken event of each; exit 1 if any."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which runs."""
        parser.add_argument("runs", nargs="*", metavar="RUN", help="id of a run; all runs when none is given")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each broken run, then the tally."""
        runs, events, broken = 0, 0, 0
        for run in _chosen(options["runs"]).iterator(chunk_size=500):
            found = verify(run)
            runs, events, broken = runs + 1, events + found.events, broken + (not found.is_whole)
            if not found.is_whole:
                self.stdout.write(f"{_name(run)}: {_where(found)}{found.sentence}")
        for sentence in () if options["runs"] else _orphans():
            broken += 1
            self.stdout.write(sentence)
        tally = f"{runs:,} run{'s' * (runs != 1)} and {events:,} event{'s' * (events != 1)} checked"
        if broken:
            raise CommandError(f"{tally}; {broken:,} log{'s are' if broken != 1 else ' is'} not as written.")
        self.stdout.write(f"{tally}; everything is as it was written.")


def _chosen(given: list[str]) -> QuerySet[Execution]:
    runs = Execution.objects.select_related("workflow", "workspace").order_by("pk")
    if not given:
        return runs
    ids = {_id(text) for text in given}
    unknown = ids - set(runs.filter(pk__in=ids).values_list("pk", flat=True))
    if unknown:
        raise CommandError(f"There is no run {', '.join(sorted(map(str, unknown)))}.")
    return runs.filter(pk__in=ids)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as fault:
        raise CommandError(
            f"“{text}” is not the id of a run; it stands in the address of its page."
        ) from fault


def _name(run: Execution) -> str:
    return f"{run.workspace.slug}/{run.workflow.slug} #{run.number} ({run.pk})"


def _where(found: Verification) -> str:
    """The broken event by number and, where it is known, type."""
    return f"event {found.broken_at}{f', {found.type}' if found.type else ''}: "


def _orphans() -> Iterator[str]:
    """Logs whose run is gone; the product never deletes a run that began."""
    with connection.cursor() as cursor:
        cursor.execute(ORPHANS)
        for execution_id, count in cursor.fetchall():
            yield f"{execution_id}: event 1: The run of these {count:,} events is gone."
