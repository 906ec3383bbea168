"""What work costs the database, counted by the server itself: the same on any machine under any load."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.db import ProgrammingError, connection

from executions.models import Execution
from executions.worker import Worker

COUNTS = """
SELECT query, calls, wal_bytes FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND toplevel
"""
RESET = "SELECT pg_stat_statements_reset()"
FRAME = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SET|DISCARD|SHOW|SELECT pg_stat)\b", re.IGNORECASE)
"""What goes around statements."""
CHANGE = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM)\b")


@dataclass
class Cost:
    """What was done in a stretch of work: how often each statement, and bytes of write-ahead log."""

    calls: dict[str, int] = field(default_factory=dict)
    wal: int = 0

    @property
    def statements(self) -> int:
        """All but what begins and ends transactions."""
        return sum(self.calls.values())

    @property
    def writes(self) -> int:
        """Statements that change rows. A worker's are transactions of their own."""
        return sum(count for query, count in self.calls.items() if CHANGE.search(query))

    def __str__(self) -> str:
        lines = [f"{count:5} {' '.join(query.split())[:150]}" for query, count in self.calls.items()]
        return "\n".join([f"{self.statements} statements, {self.writes} writes, {self.wal} bytes", *lines])


@contextmanager
def counted() -> Iterator[Cost]:
    """Count what the database is asked meanwhile, by anybody."""
    cost = Cost()
    with connection.cursor() as cursor:
        _switch_on(cursor)
        cursor.execute(RESET)
        yield cost
        cursor.execute(COUNTS)
        for query, calls, wal in cursor.fetchall():
            if not FRAME.match(query) and query != RESET:
                cost.calls[query] = cost.calls.get(query, 0) + calls
                cost.wal += int(wal)


def _switch_on(cursor) -> None:  # type: ignore[no-untyped-def]
    try:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        cursor.execute("SELECT count(*) FROM pg_stat_statements")
    except ProgrammingError:
        pytest.skip("this server does not count statements; the embedded one does")


def lived(worker: Worker, *executions: Execution, seconds: float = 30) -> None:
    """Have a worker live with runs until it has let all of them go, without asking the database."""
    for execution in executions:
        worker.take(execution.id)

    async def gone() -> None:
        while worker.lives:
            await asyncio.wait(worker.lives.values())

    asyncio.run_coroutine_threadsafe(gone(), worker.loop).result(seconds)
