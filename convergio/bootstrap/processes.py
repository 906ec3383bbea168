"""Child processes that do not outlive us.

Every child leads a process group of its own, so that a Ctrl-C in the terminal reaches only us and we stop the others in
order. Where the kernel can (Linux), it also ends a child whose parent was killed without a chance to clean up. Standard
library only: this runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int, last_signal: int) -> Callable[[], None] | None:
    """Return what a child runs before exec to be signalled when process `parent` ends.

    The kernel watches the thread that made the child, so children are to be started from the main thread.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def bind() -> None:
        prctl(PR_SET_PDEATHSIG, last_signal)
        if os.getppid() != parent:
            os._exit(1)

    return bind


def alive(pid: int) -> bool:
    """Whether a process with this id exists and is not a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


class Child:
    """One child process with its group.

    `last_signal` asks it politely to end; `grace` is how many seconds it then has before it is killed.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        output: int | IO[bytes] | None = subprocess.PIPE,
        last_signal: int = signal.SIGTERM,
        grace: float = 10,
    ) -> None:
        self.name, self.last_signal, self.grace = name, last_signal, grace
        self.process = subprocess.Popen(
            [str(part) for part in command],
            env=dict(env) if env is not None else None,
            cwd=cwd,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(os.getpid(), last_signal),  # noqa: PLW1509 - started from the main thread
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def ended(self) -> bool:
        return self.process.poll() is not None

    def ask_to_end(self) -> None:
        """Send the polite signal and return at once."""
        if not self.ended():
            self._signal_group(self.last_signal)

    def stop(self) -> None:
        """End the child and all that it started; return when they are gone."""
        self.ask_to_end()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(self.grace)
        self._signal_group(signal.SIGKILL)
        self.process.wait()

    def _signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def wait_until(ready: Callable[[], bool], *, seconds: float, every: float = 0.02) -> bool:
    """Ask again and again; False when the time is over."""
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            return False
        time.sleep(every)
    return True
