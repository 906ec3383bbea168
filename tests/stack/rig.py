"""Real processes on the test's own database: workers and the scheduler, to be started, stopped and killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from convergio.bootstrap.processes import die_with_parent
from executions.models import Worker

ROOT = Path(__file__).resolve().parent.parent.parent
CELERY = [sys.executable, "-m", "celery", "--quiet", "-A"]
WEB = [sys.executable, "-m", "convergio.web"]
START_S = 90
"""On a machine that is busy with other things a worker takes long to import all."""
SILENT = ["--loglevel", "WARNING"]


@dataclass
class Rig:
    """What runs beside the test. `models` is the address of the scripted model server."""

    folder: Path
    models: str
    settings: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def worker(self, **given: str) -> subprocess.Popen[bytes]:
        """Start a worker, with settings of its own; it takes messages when this returns."""
        process = self.begin_worker(**given)
        mine = Worker.objects.filter(name__contains=f":{process.pid}:")
        end = time.monotonic() + START_S
        while not mine.exists():
            assert process.poll() is None, f"the worker did not start:\n{self.logs()}"
            assert time.monotonic() < end, f"the worker is not ready after {START_S} s:\n{self.logs()}"
            time.sleep(0.05)
        return process

    def begin_worker(self, **given: str) -> subprocess.Popen[bytes]:
        """Start a worker and do not wait for it."""
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return self._start(
            "worker", [*CELERY, "convergio.celery", "worker", "--concurrency", "4", *quiet, *SILENT], **given
        )

    def beat(self, **given: str) -> subprocess.Popen[bytes]:
        """Start the scheduler."""
        where = ["--schedule", str(self.folder / "schedule"), "--pidfile", ""]
        return self._start("beat", [*CELERY, "convergio.beat", "beat", *where, *SILENT], **given)

    def web(self, port: str, **given: str) -> subprocess.Popen[bytes]:
        """Start the web process on a port of this machine and do not wait for it."""
        where = ["-b", "127.0.0.1", "-p", port, "-v", "0", "--access-log", os.devnull]
        return self._start("web", [*WEB, *where, "convergio.asgi:application"], **given)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process without any chance to say good-bye."""
        process.kill()
        process.wait(10)

    def freeze(self, process: subprocess.Popen[bytes]) -> None:
        """Have a process do nothing until it is thawed."""
        process.send_signal(signal.SIGSTOP)

    def thaw(self, process: subprocess.Popen[bytes]) -> None:
        """Have it go on as if no time had passed."""
        process.send_signal(signal.SIGCONT)

    def until(self, condition: Callable[[], Any], seconds: float, what: str) -> None:
        """Wait for a condition; when it does not come, show what the processes said."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{what} did not come within {seconds} s:\n{self.logs()}"
            time.sleep(0.02)

    def logs(self) -> str:
        """What all processes said."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def stop(self) -> None:
        """End everything that still runs."""
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.processes:
            try:
                process.wait(8)
            except subprocess.TimeoutExpired:
                self.kill(process)

    def _start(self, name: str, command: list[str], **given: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **self._environment(), **self.settings, **given}
        with (self.folder / f"{name}-{len(self.processes)}.log").open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent(os.getpid(), signal.SIGKILL),  # noqa: PLW1509 - from the main thread
            )
        self.processes.append(process)
        return process

    def _environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": database_url(),
            "REDIS_URL": settings.REDIS_URL,
            "SECRET_KEY": settings.SECRET_KEY,
            "MODEL_SERVER_URL": self.models,
            "MEDIA_ROOT": str(self.folder / "media"),
            "RUN_LEASE_S": "3",
            "OUTBOUND_ALLOWED_HOSTS": "127.0.0.1",
            "PGAPPNAME": "rig",
            "PYTHONUNBUFFERED": "1",
            "CELERY_SKIP_CHECKS": "1",
            "PYTHONWARNINGS": "ignore",
        }


@contextmanager
def rig(folder: Path, models: str, **given: str) -> Iterator[Rig]:
    """A rig that is gone afterwards, whatever happens."""
    made = Rig(folder, models, given)
    try:
        yield made
    finally:
        made.stop()


def database_url() -> str:
    """The address of the database that the test uses."""
    facts = connection.settings_dict
    user = quote(facts["USER"], safe="") if facts["USER"] else ""
    secret = f":{quote(facts['PASSWORD'], safe='')}" if facts["PASSWORD"] else ""
    host = facts["HOST"] or ""
    where = f"?host={quote(host, safe='')}" if host.startswith("/") or not host else ""
    address = "" if where else f"{host}:{facts['PORT'] or 5432}"
    return f"postgresql://{user}{secret}{'@' if user else ''}{address}/{facts['NAME']}{where}"
