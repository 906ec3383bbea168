"""Runs that are cancelled while they wait, and runs that cannot be read: given again and again while faults are made.

Without them nobody would come to the places at which questions are withdrawn, sub-workflows stopped and runs parked.
"""

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db import Error as DatabaseError
from django.db import connections

from tests.stack.chaos.driver import Driver
from tests.stack.chaos.evidence import End, Start
from tests.stack.chaos.poison import UNREADABLE, pour, spoil
from workflows.models import Workflow

PATIENCE_S = 60.0
CANCELLED = End("cancelled")


class Orders:
    """One order after the other, in a thread of its own."""

    def __init__(self, driver: Driver, poisoned: Workflow, rng: random.Random, pause_s: float) -> None:
        self.driver, self.poisoned, self.rng, self.pause_s = driver, poisoned, rng, pause_s
        self.given = 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._give_all, daemon=True)

    def begin(self) -> None:
        """Begin to give orders."""
        self.thread.start()

    def stop(self) -> None:
        """Give no more; the last one is given to its end."""
        self.stopping.set()
        self.thread.join(2 * PATIENCE_S)

    def _give_all(self) -> None:
        orders = (self._cancel_a_guard, self._pour, self._spoil)
        while not self.stopping.is_set():
            try:
                orders[self.given % len(orders)]()
            except Exception as error:
                self.driver.troubles.append(f"an order could not be given: {error!r}")
            finally:
                connections.close_all()
            self.given += 1
            self.stopping.wait(self.rng.uniform(0.5, 1.5) * self.pause_s)

    def _cancel_a_guard(self) -> None:
        """A run is cancelled that waits for one that waits for people."""
        start = self._started("guard", CANCELLED)
        self._until(lambda: self._is_asked(start))
        self._order(start, "cancellation")

    def _spoil(self) -> None:
        """The state of a waiting run is made unreadable, and then somebody wants something of it."""
        start = self._started("held", CANCELLED)
        self._until(lambda: self._is_asked(start))
        if self._until(lambda: all(spoil(run) for run in start.told)):
            start.ends = (UNREADABLE,)
        self._order(start, "cancellation")

    def _pour(self) -> None:
        """A row comes out of nowhere that nobody can read."""
        start = Start(key=f"{self.driver.seed}-poison-{self.given}", shape=self.poisoned.slug)
        if self._until(lambda: pour(self.poisoned, start, self.given // 3) or True):
            self.driver.starts.append(start)

    def _started(self, shape: str, end: End) -> Start:
        start = self.driver.start(shape, 1, "order")
        start.ends = (end,)
        return start

    def _order(self, start: Start, what: str) -> None:
        for run in start.told:
            self.driver.builder.send("POST", f"/executions/{run}/{what}", {})

    def _is_asked(self, start: Start) -> bool:
        """Whether people were asked by a run or by the one that it waits for."""
        from approvals.models import ApprovalRequest
        from executions.models import Execution

        children = Execution.objects.filter(parent__in=start.told).values_list("id", flat=True)
        origins = {*start.told, *map(str, children)}
        return ApprovalRequest.objects.filter(origin__in=origins).exists()

    def _until(self, condition: Callable[[], Any]) -> bool:
        """Wait for a condition, for longer than any fault lasts; whether it came."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            with suppress(DatabaseError):
                if condition():
                    return True
            connections.close_all()
            time.sleep(0.1)
        return False
