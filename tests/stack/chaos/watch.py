"""How long it takes until a step whose worker was killed runs again."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from django.db import Error as DatabaseError
from django.db import connections

WORK = ("agent", "team", "tool")
LOOK_S = 0.2


@dataclass
class Watch:
    """Steps that were at work in a process when it was killed, and how many seconds later another had them."""

    waiting: dict[tuple[str, str, int], tuple[float, int]] = field(default_factory=dict)
    """By run, path and round: when it was, and the run's fencing number then."""
    seconds: list[float] = field(default_factory=list)
    unseen: int = 0
    """Kills that nobody could write down because the database was away."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, stopping: threading.Event) -> None:
        """Look all the time, in a thread: whoever makes faults has no eyes while they last."""
        threading.Thread(target=self._watch, args=(stopping,), daemon=True).start()

    def _watch(self, stopping: threading.Event) -> None:
        while not stopping.wait(LOOK_S):
            self.look()
            connections.close_all()

    def killed(self, pid: int) -> None:
        """A process is about to be killed."""
        from executions.models import StepRun

        rows = StepRun.objects.filter(status="running", kind__in=WORK, execution__owner__contains=f":{pid}:")
        connections.close_all()
        try:
            found = list(rows.values_list("execution_id", "path", "round", "execution__fence"))
        except DatabaseError:
            self.unseen += 1
            return
        with self.lock:
            for run, path, round, fence in found:
                self.waiting[str(run), path, round] = (time.monotonic(), fence)

    def look(self) -> None:
        """See which of them run again, or are over."""
        with self.lock:
            waiting = dict(self.waiting)
        try:
            fences = self._fences({run for run, _, _ in waiting}) if waiting else {}
        except DatabaseError:
            return
        now = time.monotonic()
        for address, (since, fence) in waiting.items():
            if fences.get(address[0], 0) > fence:
                self._seen(address, now - since)

    def _seen(self, address: tuple[str, str, int], seconds: float) -> None:
        with self.lock:
            self.seconds.append(seconds)
            self.waiting.pop(address, None)

    def _fences(self, ids: set[str]) -> dict[str, int]:
        """The fencing numbers of runs that a living worker owns, or that need none any more."""
        from django.db.models import Exists, OuterRef, Q
        from django.db.models.functions import Now

        from executions.models import Execution, Worker

        alive = Exists(Worker.objects.filter(name=OuterRef("owner"), lease_until__gt=Now()))
        runs: Any = Execution.objects.filter(pk__in=ids)
        return {
            str(id): fence for id, fence in runs.filter(Q(alive) | Q(owner="")).values_list("id", "fence")
        }


def percentile(values: list[float], share: float) -> float:
    """The value below which so great a share of the values lies; 0 when there are none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
