"""F, the floor: one bare transaction on a warm connection, of the size that a step writes."""

import statistics
import time
import uuid

import psycopg

TABLES = """
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE IF NOT EXISTS bench.run (id uuid PRIMARY KEY, seq bigint NOT NULL, state json NOT NULL);
CREATE TABLE IF NOT EXISTS bench.event (
    run uuid, seq bigint, at timestamptz, type text, path text, data json, hash text, PRIMARY KEY (run, seq)
);
"""
LOCK = "SELECT seq FROM bench.run WHERE id = %s FOR UPDATE"
MOVE = "UPDATE bench.run SET seq = %s, state = %s WHERE id = %s"
LOG = "INSERT INTO bench.event VALUES (%s, %s, clock_timestamp(), 'step.succeeded', 's1', %s, %s)"
STATE = '{"context": {}, "extra": {}}'
DATA = (
    '{"output": {"expression": "1 + 1", "result": 2}, "usage": {"requests": 0, "tool_calls": 1, "cost": 0.0}}'
)


class Floor:
    """Takes F again and again, between everything that is measured, and gives the median of all."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(
            url, application_name="bench floor", autocommit=True, prepare_threshold=0
        )
        self.connection.execute(TABLES, prepare=False)
        self.run = uuid.uuid4()
        self.connection.execute("INSERT INTO bench.run VALUES (%s, 0, %s)", [self.run, STATE])
        self.seq = 0
        self.seconds: list[float] = []
        self.since = 0
        self.take(20)
        self.seconds.clear()

    def take(self, times: int = 100) -> None:
        """Do some transactions."""
        self.seconds += [self._once() for _ in range(times)]

    def mark(self) -> None:
        """Something new is measured from here on."""
        self.take()
        self.since = len(self.seconds) - 100

    def here(self) -> float:
        """Seconds of one transaction in the time since the mark."""
        self.take()
        return statistics.median(self.seconds[self.since :])

    @property
    def median(self) -> float:
        """Seconds of one transaction, over all that were taken."""
        return statistics.median(self.seconds)

    def _once(self) -> float:
        self.seq += 1
        started = time.perf_counter()
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.execute(LOCK, [self.run])
            cursor.fetchone()
            cursor.execute(MOVE, [self.seq, STATE, self.run])
            cursor.execute(LOG, [self.run, self.seq, DATA, "0" * 64])
        return time.perf_counter() - started
