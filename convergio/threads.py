"""Database work from the event loop, on threads whose connections go back to the pool at once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import close_old_connections, connections

_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="database")


def _work[**P, T](function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        connections.close_all()


async def in_database[**P, T](function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function that uses the ORM and return what it returns, without holding up the loop."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, partial(_work, function, *args, **kwargs))
