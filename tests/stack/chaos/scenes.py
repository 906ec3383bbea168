"""Moments in which several want to decide the same: each is set up, played, and leaves what may have come of it."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from django.db import Error as DatabaseError
from django.db import connections

from tests.stack.chaos.driver import AWAY, Client, Driver
from tests.stack.chaos.evidence import End, Start

NOTHING = {"on_approved": None, "on_rejected": None, "on_timeout": None}
CANCELLED = End("cancelled")
PATIENCE_S = 180.0
"""For a moment in which everything that a scene needs is up; much longer than any fault lasts."""


def outcome(port: str) -> End:
    """How a race ends that is decided so."""
    return End("completed", NOTHING | {f"on_{port}": port})


class Stage:
    """Plays scenes. `answered` keeps what each of the racers was told."""

    def __init__(self, driver: Driver, approvers: Sequence[Client], tempo: float = 1.0) -> None:
        self.driver = driver
        self.tempo = tempo
        self.approvers = approvers
        self.answered: list[tuple[str, int]] = []
        self.played = 0

    def play(self, count: int, rng: random.Random, stopped: threading.Event) -> None:
        """Play so many scenes, all kinds in turn, with pauses."""
        while self.played < count and not stopped.is_set():
            try:
                self.scenes[self.played % len(self.scenes)](rng)
            except Exception as error:
                self.driver.troubles.append(f"a scene could not be played: {error!r}")
            self.played += 1
            stopped.wait(rng.uniform(0.5, 4) * self.tempo)

    @property
    def scenes(self) -> tuple[Callable[[random.Random], None], ...]:
        """All that may be played."""
        return self.twenty_decide, self.decision_time_and_cancellation, self.cancellation_and_last_step

    def twenty_decide(self, rng: random.Random) -> None:
        """Twenty people decide one request at the same moment, half of them against it."""
        start, request = self._asked()
        answers = ["approve" if at % 2 else "reject" for at in range(len(self.approvers))]
        self._race(
            [
                self._decision(who, request, answer)
                for who, answer in zip(self.approvers, answers, strict=True)
            ]
        )
        start.ends = (outcome("approved"), outcome("rejected"), outcome("timeout"))

    def decision_time_and_cancellation(self, rng: random.Random) -> None:
        """A decision comes at the moment at which the request expires and the run is cancelled."""
        start, request = self._asked()
        time.sleep(rng.uniform(0.7, 1.9))
        [run] = start.told
        racers = [self._decision(self.approvers[0], request, "approve")]
        racers += [self._cancellation(run)] if rng.random() < 0.7 else []
        self._race(racers)
        start.ends = (outcome("approved"), outcome("timeout"), CANCELLED)

    def cancellation_and_last_step(self, rng: random.Random) -> None:
        """A run is cancelled at about the moment at which its last step ends."""
        start = self.driver.start("condition", 1, "cancelled")
        time.sleep(rng.uniform(0.3, 1.5))
        for run in start.told:
            self._race([self._cancellation(run)])
        start.notes, start.at_most_once = ("odd 1",), frozenset({"odd 1"})
        start.ends = (CANCELLED, End("completed"))

    def _asked(self) -> tuple[Start, str]:
        """A run of shape race whose question is open, and the question's id. Questions that nobody could see in time
        are let go: they expire.
        """
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and not self.driver.stopping.is_set():
            start = self.driver.start("race", 1, "race")
            start.ends = (outcome("timeout"), outcome("approved"), outcome("rejected"), CANCELLED)
            if (request := self._question(start)) is not None:
                return start, request
        raise TimeoutError(f"nobody was asked in {PATIENCE_S} s")

    def _question(self, start: Start) -> str | None:
        """The open question of a run, once there is one; None when it was over before we saw it."""
        from approvals.models import ApprovalRequest

        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and not self.driver.stopping.is_set():
            with suppress(DatabaseError):
                rows = ApprovalRequest.objects.filter(origin__in=start.told)
                for id, status in rows.values_list("id", "status"):
                    return str(id) if status == "pending" else None
            connections.close_all()
            time.sleep(0.05)
        return None

    def _decision(self, who: Client, request: str, answer: str) -> Callable[[], None]:
        def decide() -> None:
            status, _ = self._once(who, f"/approvals/{request}/decisions", {"answer": answer})
            self.answered.append((request, status))

        return decide

    def _cancellation(self, run: str) -> Callable[[], None]:
        return lambda: self._ignore(self._once(self.driver.builder, f"/executions/{run}/cancellation", {}))

    def _once(self, who: Client, path: str, body: Any) -> tuple[int, Any]:
        """What somebody is told; 0 when the connection broke, so that they do not know."""
        try:
            return who.once("POST", path, body)
        except AWAY:
            return 0, None

    def _ignore(self, answer: Any) -> None:
        """Whatever it was."""

    def _race(self, racers: Sequence[Callable[[], None]]) -> None:
        """Let all of them go at the same moment."""
        gate = threading.Barrier(len(racers))

        def run(racer: Callable[[], None]) -> None:
            gate.wait(10)
            racer()

        threads = [threading.Thread(target=run, args=(racer,)) for racer in racers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
