"""How many requests a key or a person may make in a minute. Counted in Redis; without it nobody is held up."""

import logging
import time
from functools import cache

import redis
from django.conf import settings

from convergio.errors import TooMany

log = logging.getLogger(__name__)
WINDOW_S = 60


class RateExceeded(TooMany):
    """You have made too many requests; wait a moment and try again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"You have made too many requests; try again in {retry_after} seconds.")
        self.retry_after = retry_after


def take(identity: str, *, most: int | None = None) -> None:
    """Count one request, of `most` a minute. Raises RateExceeded, which knows how many seconds to wait."""
    now, allowed = int(time.time()), settings.API_REQUESTS_PER_MINUTE if most is None else most
    if _count(f"rate:{identity}:{now // WINDOW_S}") > allowed:
        raise RateExceeded(WINDOW_S - now % WINDOW_S)


def _count(name: str) -> int:
    try:
        count = int(str(_redis().incr(name)))
        if count == 1:
            _redis().expire(name, 2 * WINDOW_S)
        return count
    except Exception as error:
        log.warning("requests are not counted: %s", error)
        return 0


@cache
def _redis() -> redis.Redis:
    """One client for the process; Django's cache makes one for each question."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
