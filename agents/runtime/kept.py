"""What steps read from the database again and again, kept for a moment: agents, models and decisions about tools.

A change reaches a running process within KEEP_S seconds, and at once the process in which it was made.
"""

import time
from collections.abc import Callable, Hashable
from typing import Any, cast

from convergio.threads import in_database

KEEP_S = 1.0
MOST = 500

_kept: dict[Hashable, tuple[float, Any]] = {}


async def kept[T](load: Callable[..., T], *args: Hashable) -> T:
    """Return what `load` returns, read at most KEEP_S ago. A failure is not kept."""
    key, now = (load, *args), time.monotonic()
    known = _kept.get(key)
    if known is not None and now - known[0] < KEEP_S:
        return cast(T, known[1])
    found = await in_database(load, *args)
    if len(_kept) >= MOST:
        _kept.clear()
    _kept[key] = (now, found)
    return found


def forget(**_: object) -> None:
    """Read everything anew; called when an agent, a model or a tool's setting is saved."""
    _kept.clear()
