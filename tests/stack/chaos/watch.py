"""How long it takes until a step whose worker was killed runs again."""

import time
from dataclasses import dataclass, field
from typing import Any

from django.db import Error as DatabaseError
from django.db import connections

WORK = ("agent", "team", "tool")


@dataclass
class Watch:
    """Steps that were at work in a process when it was killed, and how many seconds later another had them."""

    waiting: dict[tuple[str, str, int], tuple[float, int]] = field(default_factory=dict)
    """By run, path and round: when it was, and the run's fencing number then."""
    seconds: list[float] = field(default_factory=list)
    unseen: int = 0
    """Kills that nobody could write down because the database was away."""

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
        for run, path, round, fence in found:
            self.waiting[str(run), path, round] = (time.monotonic(), fence)

    def look(self) -> None:
        """See which of them run again, or are over."""
        if not self.waiting:
            return
        try:
            now, fences = time.monotonic(), self._fences()
        except DatabaseError:
            return
        for address, (since, fence) in list(self.waiting.items()):
            if fences.get(address[0], 0) > fence:
                self.seconds.append(now - since)
                del self.waiting[address]

    def _fences(self) -> dict[str, int]:
        """The fencing numbers of runs that a living worker owns, or that need none any more."""
        from django.db.models import Exists, OuterRef, Q
        from django.db.models.functions import Now

        from executions.models import Execution, Worker

        alive = Exists(Worker.objects.filter(name=OuterRef("owner"), lease_until__gt=Now()))
        runs: Any = Execution.objects.filter(pk__in={run for run, _, _ in self.waiting})
        return {
            str(id): fence for id, fence in runs.filter(Q(alive) | Q(owner="")).values_list("id", "fence")
        }


def percentile(values: list[float], share: float) -> float:
    """The value below which so great a share of the values lies; 0 when there are none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
