"""Which model serves: what a failure means, and which models are left alone for a while.

Breakers live in the process and, as far as the cache answers, are shared: one worker's bad news spares the
others.
"""

import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.core.cache import cache

from agents.providers.base import Endpoint, ProviderUnusable
from agents.runtime import breaker
from agents.runtime.breaker import Breaker
from convergio.errors import ConvergioError

log = logging.getLogger(__name__)

LOOK_S = 1.0
"""Seconds for which no news of another worker is good news."""

_TRANSIENT_STATUS = frozenset({408, 409, 425, 429})
_SETTINGS_STATUS = {
    401: "the key is not accepted",
    402: "the account has no credit",
    403: "the key may not use this model",
    404: "there is no such model or address",
}
_TOO_LONG = (
    "context length",
    "context_length",
    "context size",
    "too many tokens",
    "exceeds the available",
    "n_ctx",
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a failed call means: may another model serve (`moves_on`), may this one in a moment (`transient`)?"""

    sentence: str
    moves_on: bool
    transient: bool
    too_long: bool = False


def classify(error: BaseException) -> Trouble:
    """Return what a client's error means; clients differ, so its status, name and causes are looked at."""
    if isinstance(error, ProviderUnusable):
        return Trouble(error.sentence, moves_on=True, transient=False)
    refusal = _cause(error, ConvergioError)
    if refusal is not None:
        return Trouble(refusal.sentence, moves_on=True, transient=refusal.status >= 500)
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return _by_status(status, error)
    name = type(error).__name__
    if isinstance(error, TimeoutError) or "Timeout" in name:
        return Trouble("it did not answer in time", moves_on=True, transient=True)
    if isinstance(error, OSError) or "Connect" in name or "Protocol" in name or "ReadError" in name:
        return Trouble("it cannot be reached", moves_on=True, transient=True)
    return Trouble(f"it answered with something unusable ({name})", moves_on=True, transient=False)


def _cause[E: BaseException](error: BaseException, kind: type[E]) -> E | None:
    seen: BaseException | None = error
    for _ in range(6):
        if seen is None or isinstance(seen, kind):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _by_status(status: int, error: BaseException) -> Trouble:
    if status in _SETTINGS_STATUS:
        return Trouble(_SETTINGS_STATUS[status], moves_on=True, transient=False)
    if status == 429:
        return Trouble("it has too many requests", moves_on=True, transient=True)
    if status in _TRANSIENT_STATUS or status >= 500:
        return Trouble(f"it is out of order (HTTP {status})", moves_on=True, transient=True)
    said = str(error)[:300]
    too_long = any(mark in said.lower() for mark in _TOO_LONG)
    return Trouble(f"it refused the request: {said}", moves_on=False, transient=False, too_long=too_long)


class Breakers:
    """The breakers of a process, one a provider and model."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._known: dict[str, Breaker] = {}
        self._looked: dict[str, float] = {}
        """When others' news of a model was last asked for."""

    async def admits(self, endpoint: Endpoint) -> bool:
        """Tell whether a model may be asked now."""
        key = self._key(endpoint)
        known = self._known.get(key, Breaker())
        if known.opened_at is None and (opened := await self._news(key)):
            known = Breaker(breaker.THRESHOLD, opened)
        admitted, self._known[key] = breaker.admit(known, self._clock())
        return admitted

    async def _news(self, key: str) -> float | None:
        """When another worker opened the breaker; asked once in LOOK_S, since most calls come one after the other."""
        now = self._clock()
        if now - self._looked.get(key, 0.0) < LOOK_S:
            return None
        self._looked[key] = now
        return await _shared(key)

    async def report(self, endpoint: Endpoint, *, answered: bool) -> None:
        """Remember how a call went."""
        key = self._key(endpoint)
        before = self._known.get(key, Breaker())
        now = self._clock()
        after = breaker.succeeded(before) if answered else breaker.failed(before, now)
        self._known[key] = after
        if after.opened_at is not None:
            log.warning(
                "%s is left alone for %d s after %d failures",
                endpoint.label,
                breaker.COOLDOWN_S,
                after.failures,
            )
            await _share(key, after.opened_at)
        elif before.opened_at is not None:
            await _share(key, None)

    def forget(self) -> None:
        """Close every breaker of this process."""
        self._known.clear()
        self._looked.clear()

    @staticmethod
    def _key(endpoint: Endpoint) -> str:
        return f"breaker:{endpoint.provider_id}:{endpoint.model}".replace(" ", "_")[:200]


async def _shared(key: str) -> float | None:
    with contextlib.suppress(Exception):
        value = await cache.aget(key)
        return float(value) if value else None
    return None


async def _share(key: str, opened_at: float | None) -> None:
    with contextlib.suppress(Exception):
        if opened_at is None:
            await cache.adelete(key)
        else:
            await cache.aset(key, opened_at, timeout=int(breaker.COOLDOWN_S))


breakers = Breakers()
