"""How many requests a key or a person may make in a minute. Counted in Redis; without it nobody is held up."""

import logging
import time

from django.conf import settings
from django.core.cache import cache

from convergio.errors import TooMany

log = logging.getLogger(__name__)
WINDOW_S = 60


class RateExceeded(TooMany):
    """You have made too many requests; wait a moment and try again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"You have made too many requests; try again in {retry_after} seconds.")
        self.retry_after = retry_after


def take(identity: str) -> None:
    """Count one request. Raises RateExceeded, which knows how many seconds to wait."""
    now = int(time.time())
    if _count(f"rate:{identity}:{now // WINDOW_S}") > settings.API_REQUESTS_PER_MINUTE:
        raise RateExceeded(WINDOW_S - now % WINDOW_S)


def _count(name: str) -> int:
    try:
        cache.add(name, 0, timeout=2 * WINDOW_S)
        return cache.incr(name)
    except Exception as error:
        log.warning("requests are not counted: %s", error)
        return 0
