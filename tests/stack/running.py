"""The whole product in a process tree of its own, as `manage.py up` starts it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

from convergio.bootstrap.processes import die_with_parent
from convergio.embedded.services import recorded

ROOT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_URL", "REDIS_URL", "MODEL_SERVER_URL", "SECRET_KEY", "VAR_DIR", "PORT", "PUBLIC_URL")
UP = "Ctrl-C stops everything"


class Stack:
    """One `manage.py up` with its data in `var`, and what it printed. Settings are added to its environment."""

    def __init__(self, var: Path, **settings: str) -> None:
        self.var = var
        self.log = var.parent / f"up-{time.monotonic_ns()}.txt"
        environment = {name: value for name, value in os.environ.items() if name not in OURS}
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "up"],
                env={**environment, "VAR_DIR": str(var), "PORT": free_port(), **settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(os.getpid(), signal.SIGTERM),  # noqa: PLW1509
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    @property
    def url(self) -> str:
        """The address it printed."""
        return self._printed(r"(http://localhost:\d+)")

    @property
    def email(self) -> str:
        return self._printed(r"sign in as (\S+) with")

    @property
    def password(self) -> str:
        return self._printed(r"sign in as \S+ with (\S+)")

    @property
    def settings(self) -> dict[str, str]:
        """DATABASE_URL, REDIS_URL, MODEL_SERVER_URL and SECRET_KEY of what runs."""
        return recorded(self.var) or {}

    def wait(self) -> Stack:
        """Return when it is up; fails with what it said otherwise."""
        assert self.says(UP, 220), self.said
        return self

    def says(self, words: str, seconds: float = 60) -> bool:
        until = time.monotonic() + seconds
        while words not in self.said and self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        return words in self.said

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def member(self, word: str) -> psutil.Process:
        """The child whose command holds the word: worker, beat, convergio.web, postgres, valkey, serve_model."""
        return next(each for each in self.family() if any(word in part for part in each.cmdline()))

    def end(self, number: int = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)

    def _printed(self, pattern: str) -> str:
        found = re.search(pattern, self.said)
        assert found, self.said
        return found[1]


def gone(family: list[psutil.Process], seconds: float = 20) -> bool:
    """Whether all these processes end in time."""
    _, left = psutil.wait_procs(family, timeout=seconds)
    return not [each for each in left if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
