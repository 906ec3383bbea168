"""All embedded services of one folder, started and stopped together."""

from __future__ import annotations

import atexit
import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from convergio.embedded import folders
from convergio.embedded.model import Model
from convergio.embedded.postgres import Postgres
from convergio.embedded.trouble import Trouble
from convergio.embedded.valkey import Valkey

type Service = Postgres | Valkey | Model


class Services:
    """What runs under `var` for every setting that `given` leaves open.

    `model=False` leaves the language model out, `durable=False` makes the database fast and unsafe (tests).
    """

    def __init__(
        self, var: Path, *, given: Mapping[str, str], model: bool = True, durable: bool = True
    ) -> None:
        self.var = var
        self.given = given
        wanted: list[Service] = [Postgres(var / "postgres", durable=durable), Valkey(var / "valkey")]
        if model:
            wanted.insert(0, Model(var / "model"))
        self.running: list[Service] = [service for service in wanted if not given.get(service.setting)]
        self._claim: IO[str] | None = None

    def start(self) -> dict[str, str]:
        """Start everything; returns the settings that lead to it. On trouble nothing is left running.

        The model may still be loading its weights; `wait` returns when it answers.
        """
        self._claim = claim(self.var)
        try:
            for service in self.running:
                service.begin() if isinstance(service, Model) else service.start()
        except BaseException:
            self.stop()
            raise
        settings = self.settings()
        _record(self.var, settings)
        return settings

    def wait(self) -> None:
        """Return when the model answers too."""
        for service in self.running:
            if isinstance(service, Model):
                service.wait()

    def settings(self) -> dict[str, str]:
        """The settings that lead to what runs, with a lasting secret key unless one is given."""
        found = {service.setting: service.url for service in self.running}
        if not self.given.get("SECRET_KEY"):
            found["SECRET_KEY"] = folders.secret(self.var / "secret_key")
        return found

    def died(self) -> Service | None:
        """A service that ended by itself, if any."""
        return next((each for each in self.running if each.child is not None and each.child.ended()), None)

    def stop(self) -> None:
        """End everything, the database last; nothing is left when this returns."""
        for service in self.running:
            service.stop()
        if self._claim:
            _forget(self.var)
            self._claim.close()
            self._claim = None


def ensure_services(var: Path) -> dict[str, str]:
    """Settings of services for a command run by hand.

    Borrows those that already run under `var`; otherwise starts the database and the broker (no language model) until
    this process ends. What the environment names is left alone.
    """
    running = recorded(var)
    if running is not None:
        return {name: value for name, value in running.items() if not os.environ.get(name)}
    services = Services(var, given=os.environ, model=False)
    if not services.running and os.environ.get("SECRET_KEY"):
        return {}
    atexit.register(services.stop)
    return services.start()


def recorded(var: Path) -> dict[str, str] | None:
    """Settings of the services that somebody runs under `var`; None when nobody does."""
    try:
        with _lock_path(var).open() as lock:
            if _take(lock):
                return None
        found: dict[str, Any] = json.loads(_record_path(var).read_text())
    except (OSError, ValueError):
        return None
    return {name: str(value) for name, value in found["settings"].items()}


def claim(var: Path) -> IO[str]:
    """Become the one who runs services under `var`, until the returned file is closed or the process ends."""
    folders.make(var / "run")
    lock = _lock_path(var).open("a+")
    if not _take(lock):
        owner = _owner(var)
        raise Trouble(f"Process {owner} already runs the database and its companions in {var}. End it first.")
    return lock


def _take(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owner(var: Path) -> str:
    try:
        return str(json.loads(_record_path(var).read_text())["owner"])
    except (OSError, ValueError, KeyError):
        return "of another start"


def _record(var: Path, settings: Mapping[str, str]) -> None:
    path = _record_path(var)
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        json.dump({"owner": os.getpid(), "settings": dict(settings)}, opened)
    draft.replace(path)


def _forget(var: Path) -> None:
    _record_path(var).unlink(missing_ok=True)


def _lock_path(var: Path) -> Path:
    return var / "run" / "services.lock"


def _record_path(var: Path) -> Path:
    return var / "run" / "services.json"
