"""The few bytes through which a running process is told to misbehave; `plugin/chaos_hooks.py` reads them."""

import mmap
import struct
from pathlib import Path
from typing import Self

OFFSET, TWICE, POOL_THREADS, LOOP_THREADS = 0, 8, 9, 10


class Control:
    """The orders of one process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(bytes(16))
        with path.open("r+b") as opened:
            self.bytes = mmap.mmap(opened.fileno(), 16)

    def jump(self, seconds: float) -> None:
        """Set the process's wall clock so far ahead of the true time."""
        struct.pack_into("d", self.bytes, OFFSET, seconds)

    def send_twice(self, on: bool) -> None:
        """Have every message of the process sent twice."""
        self.bytes[TWICE] = on

    def end_pool_thread(self) -> None:
        """Have one thread of Celery's pool die."""
        self.bytes[POOL_THREADS] += 1

    def end_loop(self) -> None:
        """Have the thread die in which the runs live."""
        self.bytes[LOOP_THREADS] += 1

    def calm(self) -> Self:
        """Take back what can be taken back."""
        self.jump(0)
        self.send_twice(False)
        return self
