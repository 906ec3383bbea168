"""What a stretch of work cost: processor time by process, transactions that wrote, and bytes of write-ahead log."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
import psycopg

POSITION = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_current_wal_insert_lsn() - '0/0'::pg_lsn"


@dataclass
class Spent:
    """Filled when the stretch ends. Seconds of processor time by process."""

    cpu: dict[str, float] = field(default_factory=dict)
    transactions: int = 0
    wal: int = 0
    wall: float = 0.0

    @property
    def total(self) -> float:
        """Seconds of processor time of the whole stack."""
        return sum(self.cpu.values())


@dataclass
class Meters:
    """`processes` are the stack's, by what they are; a process counts with its children, also those that ended."""

    processes: dict[str, psutil.Process]
    connection: "psycopg.Connection[tuple[object, ...]]"

    @contextmanager
    def running(self) -> Iterator[Spent]:
        """Measure what is done inside; what was broken off is not measured."""
        spent = Spent()
        before, (xid, lsn), started = self.cpu(), self._position(), time.perf_counter()
        yield spent
        spent.wall = time.perf_counter() - started
        after, (xid_after, lsn_after) = self.cpu(), self._position()
        spent.cpu = {name: after[name] - before[name] for name in after}
        spent.transactions, spent.wal = xid_after - xid, lsn_after - lsn

    def cpu(self) -> dict[str, float]:
        """Seconds of processor time so far; that of our own connection's server process is left out."""
        ours = self.connection.info.backend_pid
        return {name: _seconds(_family(one), ours) for name, one in self.processes.items()}

    def memory(self) -> dict[str, float]:
        """MiB that each holds: what is its own, and its share of what it shares."""
        return {
            name: sum(_share(each) for each in _family(one)) / 2**20 for name, one in self.processes.items()
        }

    def _position(self) -> tuple[int, int]:
        xid, lsn = self.connection.execute(POSITION).fetchone() or (0, 0)
        return int(str(xid)), int(str(lsn))


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _seconds(family: Iterable[psutil.Process], but: int) -> float:
    total = 0.0
    for each in family:
        try:
            times = each.cpu_times()
        except psutil.Error:
            continue
        total += times.children_user + times.children_system
        total += 0.0 if each.pid == but else times.user + times.system
    return total


def _share(process: psutil.Process) -> int:
    try:
        found = process.memory_full_info()
        return int(getattr(found, "pss", found.uss))
    except psutil.Error:
        return 0
