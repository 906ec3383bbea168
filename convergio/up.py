"""`manage.py up`: the embedded services, then web, worker and scheduler, in one terminal until Ctrl-C.

Django is not loaded here: this process only starts, watches and ends others.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from convergio.bootstrap import fingerprint, single, steps
from convergio.bootstrap.processes import Child, wait_until
from convergio.bootstrap.steps import ROOT, Interrupted, Stop
from convergio.embedded import Services, Trouble, folders, ports
from convergio.embedded.given import reach

FIRST_PORT = 8000
PORTS_TRIED = 50
DEMO_EMAIL = "ada@example.com"
RESTARTS = 5
"""How often one process may end by itself within a minute before we give up."""
PYTHON = [sys.executable]
QUIET = "ignore:You're running the worker"
"""Celery's warning against root, where a container or a rented machine knows no other user."""
CELERY = [*PYTHON, "-m", "celery", "--quiet", "-A"]


def say(sentence: str) -> None:
    """Print, also when nobody reads any more."""
    try:
        print(sentence, flush=True)
    except OSError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - stays open for the rest of the process


class Up:
    """All processes of one `make up`."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.host = os.environ.get("HOST", "").strip() or "127.0.0.1"
        self.services = Services(var, given=os.environ)
        self.children: dict[str, Child] = {}
        self.ends: dict[str, deque[float]] = {}

    def run(self) -> None:
        """Start everything, say where it is, and watch until somebody ends us."""
        started = time.monotonic()
        self.port = choose_port()
        self.url = f"http://localhost:{self.port}"
        self._say_services()
        reach(os.environ)
        self.environment = {**os.environ, **self.services.start(), **self._own_settings()}
        folders.make(self.var / "static")
        self._prepare()
        for name in self.commands():
            self._start(name)
        self._wait_for_web()
        self.services.wait()
        single.record(self.url)
        self._welcome(time.monotonic() - started)
        while True:
            self._revive()
            time.sleep(0.5)

    def stop(self) -> None:
        """End web, worker and scheduler together, then the services; nothing is left when this returns."""
        for child in self.children.values():
            child.ask_to_end()
        for child in self.children.values():
            child.stop()
        self.services.stop()

    def commands(self) -> dict[str, list[str]]:
        """The processes of the product itself."""
        schedule = self.var / "run" / "schedule"
        return {
            "web": [*PYTHON, "-m", "convergio.web", "-b", self.host, "-p", str(self.port), "-v", "0",
                    "--access-log", os.devnull, "convergio.asgi:application"],
            "worker": [*CELERY, "convergio.celery", "worker", "--loglevel", "WARNING",
                       "--without-gossip", "--without-mingle", "--without-heartbeat"],
            "beat": [*CELERY, "convergio.beat", "beat", "--loglevel", "WARNING", "--schedule", str(schedule),
                     "--pidfile", ""],
        }  # fmt: skip

    def _own_settings(self) -> dict[str, str]:
        given = os.environ
        return {
            "PYTHONUNBUFFERED": "1",
            "CELERY_SKIP_CHECKS": "1",
            "PYTHONWARNINGS": given.get("PYTHONWARNINGS") or QUIET,
            "VAR_DIR": str(self.var),
            "PUBLIC_URL": given.get("PUBLIC_URL") or self.url,
            "DEMO_EMAIL": given.get("DEMO_EMAIL") or DEMO_EMAIL,
            "DEMO_PASSWORD": given.get("DEMO_PASSWORD")
            or folders.secret(self.var / "demo_password", characters=14),
        }

    def _prepare(self) -> None:
        """Bring the tables up to date and fill an empty database. Raises Stop with what the command said.

        Skipped when the embedded database was prepared by the very same code; the note lies beside its data.
        """
        note, digest = self.var / "postgres" / "prepared", fingerprint.of_everything()
        embedded = not (os.environ.get("DATABASE_URL") or os.environ.get("REDIS_URL"))
        if embedded and note.exists() and note.read_text() == digest:
            return
        self._run_prepare()
        if embedded:
            note.write_text(digest)

    def _run_prepare(self) -> None:
        say("· Preparing the database …")
        child = Child(
            "prepare", [*PYTHON, ROOT / "manage.py", "prepare"], env=self.environment, cwd=ROOT, output=None
        )
        self.children["prepare"] = child
        code = child.process.wait()
        del self.children["prepare"]
        if code != 0:
            raise Stop("The database could not be prepared; the reason stands above.")

    def _start(self, name: str) -> None:
        child = Child(name, self.commands()[name], env=self.environment, cwd=ROOT)
        self.children[name] = child
        Thread(target=_relay, args=(child,), daemon=True).start()

    def _wait_for_web(self) -> None:
        web = self.children["web"]
        if (
            not wait_until(lambda: web.ended() or ports.answers(self.port, self.host), seconds=180, every=0.1)
            or web.ended()
        ):
            raise Stop(f"The web server did not come up on port {self.port}; its reason stands above.")

    def _revive(self) -> None:
        """Start again what ended by itself. Raises Stop when that does not help."""
        service = self.services.died()
        if service is not None:
            self._count_end(service.name)
            service.start()
        for name, child in list(self.children.items()):
            if child.ended():
                self._count_end(name)
                self._start(name)

    def _count_end(self, name: str) -> None:
        say(f"{name} ended by itself and is started again.")
        ends = self.ends.setdefault(name, deque(maxlen=RESTARTS))
        ends.append(time.monotonic())
        if len(ends) == RESTARTS and ends[-1] - ends[0] < 60:
            raise Stop(f"{name} ends again and again; the reason stands above or in {self.var}/{name}/log.")

    def _say_services(self) -> None:
        for setting in ("DATABASE_URL", "REDIS_URL", "MODEL_SERVER_URL"):
            if os.environ.get(setting):
                say(f"· Using {setting} from the environment.")
        names = " and ".join(service.name for service in self.services.running)
        if names:
            say(f"· Starting {names} …")

    def _welcome(self, seconds: float) -> None:
        email, password = self.environment["DEMO_EMAIL"], self.environment["DEMO_PASSWORD"]
        say(
            f"\nConvergio is up after {seconds:.0f} s.\n\n    {self.url}\n    sign in as {email} with {password}\n"
        )
        say("Ctrl-C stops everything; the data stays.\n")


def choose_port() -> int:
    """The port named in PORT, which must be free, or the first free one from 8000 on. Raises Stop."""
    named = os.environ.get("PORT", "").strip()
    if named:
        if not named.isdigit() or not 0 < int(named) < 65536:
            raise Stop(f"PORT is “{named}”; it must be a number between 1 and 65535.")
        if not ports.free(int(named)):
            raise Stop(
                f"Port {named} is in use by another program. End that, or choose another: make up PORT=8123"
            )
        return int(named)
    for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        if ports.free(port):
            if port != FIRST_PORT:
                say(f"· Port {FIRST_PORT} is in use by another program, so {port} is used.")
            return port
    raise Stop(
        f"Ports {FIRST_PORT} to {FIRST_PORT + PORTS_TRIED - 1} are all in use. Choose one: make up PORT=9000"
    )


def _relay(child: Child) -> None:
    """Print what a child says, with its name before each line, for as long as it lives."""
    for line in child.process.stdout or ():
        say(f"{child.name:<8}│ {line.decode(errors='replace').rstrip()}")


def _ignore_further_signals() -> None:
    for number in steps.ENDINGS:
        signal.signal(number, signal.SIG_IGN)


def _ended_well(work: Callable[[], None]) -> int:
    try:
        work()
    except (Stop, Trouble) as trouble:
        say(f"\n{trouble}")
        return 1
    except Interrupted:
        say("\nStopping …")
    return 0


def main() -> int:
    """Run until Ctrl-C; returns the exit code."""
    try:
        steps.interruptible()
        lock = single.claim()
    except single.AlreadyRuns as runs:
        say(str(runs))
        return 0
    except Interrupted:  # pressed before we were ready for it
        say("\nStopping …")
        return 0
    except Stop as stop:
        say(str(stop))
        return 1
    up = Up(steps.var().resolve())
    try:
        return _ended_well(up.run)
    finally:
        _ignore_further_signals()
        up.stop()
        single.forget()
        lock.close()
        say("Everything is stopped.")
