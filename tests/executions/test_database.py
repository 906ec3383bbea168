"""A worker's connections: which is lent, and what becomes of one whose statement was broken off."""

import asyncio
import os
import random
import signal
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest

from convergio.bootstrap.steps import Interrupted, interruptible
from executions.database import Database, _connection_parameters

PID = "SELECT pg_backend_pid() AS pid"
SLOW = "SELECT pg_sleep(%(seconds)s), pg_backend_pid() AS pid"


def using(work: Callable[[Database], Awaitable[Any]]) -> Any:
    """Do something with connections of our own."""

    async def main() -> Any:
        database = Database("test")
        await database.open()
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(main())


async def pid(database: Database) -> int:
    [row] = await database.rows(PID)
    return int(row["pid"])


@pytest.mark.django_db
def test_the_connection_that_came_back_last_is_lent_first() -> None:
    async def work(database: Database) -> tuple[set[int], set[int]]:
        several = await asyncio.gather(*(database.rows(SLOW, seconds=0.2) for _ in range(4)))
        return {row["pid"] for [row] in several}, {await pid(database) for _ in range(20)}

    together, in_turn = using(work)
    assert len(together) > 1
    assert len(in_turn) == 1


@pytest.mark.django_db
def test_statements_that_are_broken_off_leave_no_connection_busy() -> None:
    async def work(database: Database) -> None:
        chance = random.Random(7)
        for _ in range(20):
            tasks = [asyncio.create_task(database.rows(SLOW, seconds=0.01)) for _ in range(10)]
            await asyncio.sleep(chance.uniform(0, 0.02))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.gather(*(pid(database) for _ in range(10)))

    using(work)


@pytest.mark.django_db
def test_a_program_that_is_told_to_end_leaves_no_connection_busy() -> None:
    """Otherwise what is still to be tidied up fails with “another command is already in progress”."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    parameters = _connection_parameters() | {"prepare_threshold": None}
    try:
        interruptible()
        with psycopg.connect(**parameters) as connection:
            threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGTERM]).start()
            with pytest.raises(Interrupted):
                connection.execute("SELECT pg_sleep(5)")
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
