"""A circuit breaker as a value: a model that failed again and again is left alone for a while. Pure.

| state     | it is so when                     | a call is                                     |
| closed    | fewer than THRESHOLD failures     | made                                          |
| open      | opened less than COOLDOWN_S ago   | not made                                      |
| half-open | opened longer ago                 | made once as a probe, others wait for it      |
"""

from dataclasses import dataclass, replace

THRESHOLD = 5
COOLDOWN_S = 30.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """Failures in a row, and when it opened and was last probed, in seconds of any one clock."""

    failures: int = 0
    opened_at: float | None = None
    probed_at: float | None = None


def is_open(breaker: Breaker, now: float) -> bool:
    """Tell whether calls are held back now."""
    if breaker.opened_at is None:
        return False
    last = max(breaker.opened_at, breaker.probed_at or breaker.opened_at)
    return now - last < COOLDOWN_S


def admit(breaker: Breaker, now: float) -> tuple[bool, Breaker]:
    """Return whether a call may be made, and the breaker that remembers it."""
    if is_open(breaker, now):
        return False, breaker
    return True, breaker if breaker.opened_at is None else replace(breaker, probed_at=now)


def succeeded(_: Breaker) -> Breaker:
    """Return the breaker after a call that was answered."""
    return Breaker()


def failed(breaker: Breaker, now: float) -> Breaker:
    """Return the breaker after a call that failed."""
    failures = breaker.failures + 1
    return Breaker(failures, now if failures >= THRESHOLD else None)
