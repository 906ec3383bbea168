"""The whole product in a process tree of its own, as `manage.py up` starts it."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from convergio import up
from convergio.bootstrap import fingerprint
from convergio.bootstrap.processes import die_with_parent
from convergio.bootstrap.steps import hold_signals
from convergio.embedded import Services, folders
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
                preexec_fn=_as_make_hands_over(),  # noqa: PLW1509
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


def _as_make_hands_over() -> Callable[[], None]:
    """Signals wait until `up` is ready for them: Python itself would lose one now and then while it starts."""
    bind = die_with_parent(os.getpid(), signal.SIGTERM)

    def hold() -> None:
        hold_signals()
        if bind:
            bind()

    return hold


def furnished(factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder of data as a first start leaves it, made once for all workers of a session and copied from then on."""
    worker = factory.getbasetemp()
    shared = worker.parent if "PYTEST_XDIST_WORKER" in os.environ else worker
    made = shared / "furnished"
    with (shared / "furnished.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(shared / "furnishing", ignore_errors=True)
            _furnish(shared / "furnishing").rename(made)
    var = factory.mktemp(name) / "var"
    shutil.copytree(made, var, ignore=shutil.ignore_patterns("run", "sockets", "valkey", "log"))
    return var


def _furnish(var: Path) -> Path:
    """Do what a first start does to the database, and stop."""
    services = Services(var, given={}, model=False, durable=False)
    others = {name: value for name, value in os.environ.items() if name not in OURS}
    owner = {
        "DEMO_EMAIL": up.DEMO_EMAIL,
        "DEMO_PASSWORD": folders.secret(var / "demo_password", characters=14),
    }
    try:
        environment = {**others, **services.start(), **owner, "VAR_DIR": str(var)}
        subprocess.run([sys.executable, ROOT / "manage.py", "prepare"], env=environment, check=True)
    finally:
        services.stop()
    (var / "postgres" / "prepared").write_text(fingerprint.of_everything())
    return var


def gone(family: list[psutil.Process], seconds: float = 20) -> bool:
    """Whether all these processes end in time."""
    _, left = psutil.wait_procs(family, timeout=seconds)
    return not [each for each in left if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
