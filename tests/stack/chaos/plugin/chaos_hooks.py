"""What the rig can do to a process from outside, through a few bytes of a shared file (see control.py).

Its wall clock jumps, its messages are sent twice, a thread of its dies. The product knows nothing of it.
"""

import ctypes
import datetime
import mmap
import os
import struct
import threading
import time

OFFSET, TWICE, THREADS = 0, 8, 9
POOL, LOOP = "ThreadPoolExecutor", "runs"


class Orders:
    """The shared bytes, read whenever they are needed."""

    def __init__(self, path: str) -> None:
        with open(path, "rb") as opened:
            self.bytes = mmap.mmap(opened.fileno(), 16, access=mmap.ACCESS_READ)

    @property
    def offset_s(self) -> float:
        """How many seconds the clock is ahead."""
        return struct.unpack_from("d", self.bytes, OFFSET)[0]

    @property
    def twice(self) -> bool:
        """Whether every message is to be sent twice."""
        return bool(self.bytes[TWICE])

    @property
    def threads(self) -> tuple[int, int]:
        """How many threads of the pool, and how often the loop's thread, were told to die."""
        return self.bytes[THREADS], self.bytes[THREADS + 1]


def install(path: str) -> None:
    """Have this process listen to its orders."""
    orders = Orders(path)
    if os.environ.get("CHAOS_CLOCK"):
        _move_clock(orders)
    _double_messages(orders)
    threading.Thread(target=_end_threads, args=(orders,), daemon=True).start()


def _move_clock(orders: Orders) -> None:
    real, real_time, real_time_ns = datetime.datetime, time.time, time.time_ns

    class AnyDatetime(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, real)

        def __subclasscheck__(cls, other: type) -> bool:
            return issubclass(other, real)

    class Jumping(real, metaclass=AnyDatetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            return real.now(tz) + datetime.timedelta(seconds=orders.offset_s)

        @classmethod
        def utcnow(cls) -> datetime.datetime:
            return cls.now(datetime.UTC).replace(tzinfo=None)

    Jumping.__name__ = Jumping.__qualname__ = "datetime"
    Jumping.__module__ = "datetime"
    datetime.datetime = Jumping
    time.time = lambda: real_time() + orders.offset_s
    time.time_ns = lambda: real_time_ns() + int(orders.offset_s * 1e9)


def _double_messages(orders: Orders) -> None:
    from kombu.transport.redis import Channel

    put = Channel._put

    def put_twice(self: Channel, *args: object, **kwargs: object) -> None:
        put(self, *args, **kwargs)
        if orders.twice:
            put(self, *args, **kwargs)

    Channel._put = put_twice


def _end_threads(orders: Orders) -> None:
    done = [0, 0]
    while True:
        time.sleep(0.1)
        for at, (name, wanted) in enumerate(zip((POOL, LOOP), orders.threads, strict=True)):
            while done[at] < wanted:
                done[at] += 1
                _end_one(name)


def _end_one(name: str) -> None:
    """As if it had met an error that nobody expected, wherever it is."""
    found = next((each for each in threading.enumerate() if each.name.startswith(name)), None)
    if found is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(found.ident), ctypes.py_object(SystemExit))
