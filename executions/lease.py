"""What a worker knows of time: the database's, and until when nobody else can have taken its runs.

Both are carried on by the monotonic clock, which goes on while the process is stopped and never jumps; the wall clock
of a machine may be wrong.
"""

import asyncio
import math
import time
from datetime import UTC, datetime, timedelta

LOOK_S = 0.1
BACK_S = 0.25
"""Seconds by which our time may be ahead before it is set back: time should not run backwards for every delay."""


class Lease:
    """The worker's hold on its runs. Before the first renewal there is nothing to lose, and time is the machine's."""

    def __init__(self) -> None:
        self.until = math.inf
        """Monotonic time at which others may begin to take our runs."""
        self._now = datetime.now(UTC)
        self._at = time.monotonic()

    def now(self) -> datetime:
        """The database's time."""
        return self._now + timedelta(seconds=time.monotonic() - self._at)

    def set_clock(self, now: datetime, took_s: float = 0.0) -> None:
        """The database has said what time it was, at some moment of the last `took_s` seconds.

        A slow answer is old when it is read: it sets nothing that it does not contradict.
        """
        ahead = self.now() - now
        if not timedelta(0) <= ahead < timedelta(seconds=max(BACK_S, took_s)):
            self._now, self._at = now + timedelta(seconds=took_s / 2), time.monotonic()

    @property
    def is_certain(self) -> bool:
        """Whether our runs are surely still ours."""
        return time.monotonic() < self.until

    async def certainty(self) -> None:
        """Return when our runs are surely still ours. Whoever waits for a run that was lost is cancelled."""
        while not self.is_certain:  # noqa: ASYNC110 - it also ends by itself, with time
            await asyncio.sleep(LOOK_S)
