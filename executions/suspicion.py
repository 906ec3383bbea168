"""Which runs may be what kills workers, and how carefully those are taken up again.

| lost so often without progress | claimed again |
| --- | --- |
| up to `TRUSTED_CLAIMS` times | as soon as the lease of its last worker ends |
| more often: a suspect | after a wait that doubles each time, and alone among suspects |
| `MOST_CLAIMS` times | to be parked: failed, naming the steps at which it happened |

A run that is only unlucky lives through one of its next claims, because waits end at different moments for different
runs; any progress (a transition, a recorded answer) clears it. A guilty one costs a worker now and then, and no other
run its end.
"""

import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from executions.store import Claimed

TRUSTED_CLAIMS = 3
MOST_CLAIMS = 8
FIRST_WAIT_S = 4.0
"""The first wait after a lease ended; it doubles with each loss and is drawn out up to twice, each run by its own."""
ALONE_S = 10.0
"""How long a suspect keeps other suspects away from its worker, unless it makes progress or ends before."""


def schedule() -> dict[str, Any]:
    """What the statements that look for free runs must know."""
    return {"trusted": TRUSTED_CLAIMS, "most": MOST_CLAIMS, "first_wait": FIRST_WAIT_S}


def is_suspect(claims: int) -> bool:
    """Whether a run that was claimed so often, the last time included, may be what kills its workers."""
    return TRUSTED_CLAIMS < claims <= MOST_CLAIMS


def is_guilty(claims: int) -> bool:
    """Whether it is to be parked."""
    return claims > MOST_CLAIMS


class Ward:
    """Where a worker watches one suspect at a time."""

    def __init__(self) -> None:
        self._watched: Claimed | None = None
        self._seq = 0
        self._until = 0.0

    @property
    def is_free(self) -> bool:
        """Whether a suspect may come in."""
        watched = self._watched
        return watched is None or watched.state.seq > self._seq or time.monotonic() >= self._until

    def admit(self, claimed: "Claimed") -> bool:
        """Let a claimed run in; False when it is a suspect and another is being watched."""
        if not is_suspect(claimed.facts.claims_without_progress):
            return True
        if not self.is_free:
            return False
        self._watched, self._seq = claimed, claimed.state.seq
        self._until = time.monotonic() + ALONE_S
        return True

    def leave(self, execution_id: UUID) -> None:
        """A run does not live here any more."""
        if self._watched is not None and self._watched.facts.id == execution_id:
            self._watched = None
