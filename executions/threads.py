"""ORM work from the event loop: in a thread, with the connection given back at its end."""

import asyncio
from collections.abc import Callable

from django.db import connections


async def in_thread[**P, R](action: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Run an action that uses the ORM; nothing of it stays open afterwards."""

    def run() -> R:
        try:
            return action(*arguments, **named)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)
