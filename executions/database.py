"""A worker's own way to PostgreSQL: one statement is one transaction, over a few connections that the loop shares."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connections
from psycopg import AsyncRawCursor
from psycopg.rows import dict_row
from psycopg.types.numeric import Int8Dumper
from psycopg_pool import AsyncConnectionPool, PoolClosed

log = logging.getLogger(__name__)

POOL_SIZE = 6
"""A statement takes half a millisecond, so few connections serve hundreds of runs."""
PATIENCE_S = 60.0
"""How long a statement is tried again while the database does not answer."""
NAME = re.compile(r"%\((\w+)\)s")
"""A parameter in a statement."""
AWAY = (psycopg.OperationalError, psycopg.InterfaceError)
"""What a database that is away, or goes away, raises."""


class StoreUnavailable(Exception):
    """The database did not answer for too long."""


class Pool(AsyncConnectionPool[psycopg.AsyncConnection[Any]]):
    """Lends the connection that came back last: its server process is the one that is still warm."""

    async def _get_ready_connection(self, timeout: float | None) -> Any:  # noqa: ASYNC109 - the library's own
        self._pool.rotate(1)
        return await super()._get_ready_connection(timeout)


class Database:
    """Statements. Nothing here knows what they are about."""

    def __init__(self, name: str) -> None:
        self._checking: asyncio.Task[None] | None = None
        self.pool = Pool(
            kwargs=_connection_parameters(),
            configure=_one_type_of_number,
            min_size=1,
            max_size=POOL_SIZE,
            open=False,
            name=name,
            timeout=10,
        )

    async def open(self) -> None:
        """Begin to keep connections."""
        await self.pool.open()

    async def close(self) -> None:
        """Let the connections go."""
        await self.pool.close(timeout=2)

    async def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """Run one statement."""
        return await self._done(query, values, _fetched)

    async def count(self, query: str, **values: Any) -> int:
        """Run one statement, and return how many rows it changed."""
        return await self._done(query, values, _counted)

    async def _done[T](
        self, query: str, values: dict[str, Any], result: Callable[[AsyncRawCursor[Any]], Awaitable[T]]
    ) -> T:
        """Lend a connection. When one turns out to be broken the others are looked at: a restart ends all of them.

        Each statement commits itself, so that the library's frames for transactions are left out.
        """
        numbered, order = _numbered(query)
        try:
            connection = await self.pool.getconn()
            try:
                cursor = AsyncRawCursor(connection, row_factory=dict_row)
                await cursor.execute(numbered, [values[name] for name in order])
                return await result(cursor)
            finally:
                await self.pool.putconn(connection)
        except AWAY:
            if self._checking is None or self._checking.done():
                self._checking = asyncio.create_task(self.pool.check())
            raise

    async def surely(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """Run a statement that does no harm twice, again and again while the database is away."""
        return await self.insist(lambda: self.rows(query, **values))

    async def insist[T](self, action: Callable[[], Awaitable[T]]) -> T:
        """Do something again while the database is away. Raises StoreUnavailable."""
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + PATIENCE_S, 0.05
        while True:
            try:
                return await action()
            except AWAY as error:
                if loop.time() > until or isinstance(error, PoolClosed):
                    raise StoreUnavailable from error
                log.warning("the database does not answer, trying again: %s", _first_line(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)


async def _fetched(cursor: AsyncRawCursor[Any]) -> list[dict[str, Any]]:
    return await cursor.fetchall() if cursor.description else []


async def _counted(cursor: AsyncRawCursor[Any]) -> int:
    return cursor.rowcount


@lru_cache(maxsize=500)
def _numbered(query: str) -> tuple[bytes, tuple[str, ...]]:
    """A statement as the server takes it, and its parameters' names in order; reading it anew each time is dear."""
    names = tuple(dict.fromkeys(NAME.findall(query)))
    return NAME.sub(lambda found: f"${names.index(found[1]) + 1}", query).encode(), names


async def _one_type_of_number(connection: psycopg.AsyncConnection[Any]) -> None:
    """Send every whole number as bigint: a statement is prepared anew for each mixture of types that it meets."""
    connection.adapters.register_dumper(int, Int8Dumper)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]


def _connection_parameters() -> dict[str, Any]:
    """The same database as Django's, with statements prepared at once."""
    given = connections["default"].settings_dict
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    plain = {ours: given[theirs] for theirs, ours in names.items() if given.get(theirs)}
    ours = {
        "autocommit": True,
        "prepare_threshold": 1,
        "connect_timeout": 5,
        "application_name": "convergio runs",
    }
    return plain | ours | {"options": "-c timezone=UTC -c jit=off -c plan_cache_mode=force_generic_plan"}
