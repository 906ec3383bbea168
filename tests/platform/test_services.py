"""The embedded services, each alone and together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from convergio.embedded import Services, Trouble, ensure_services
from convergio.embedded.postgres import Postgres
from convergio.embedded.services import recorded
from convergio.embedded.valkey import Valkey

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("embedded")


@pytest.fixture
def database(home: Path) -> Iterator[Postgres]:
    server = Postgres(home / "postgres", durable=False)
    yield server
    server.stop()


def test_data_survives_a_second_start(database: Postgres) -> None:
    database.start()
    with psycopg.connect(database.url) as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('here')")
    database.stop()
    database.start()
    with psycopg.connect(database.url) as connection:
        assert connection.execute("select word from kept").fetchone() == ("here",)


def test_the_database_knows_vectors(database: Postgres) -> None:
    database.start()
    with psycopg.connect(database.url) as connection:
        connection.execute("create extension vector")
        assert connection.execute("select '[3,4]'::vector <-> '[0,0]'").fetchone() == (5.0,)


def test_the_database_listens_on_no_port(database: Postgres) -> None:
    database.start()
    assert database.child
    listening = [
        each for each in psutil.Process(database.child.pid).net_connections() if each.status == "LISTEN"
    ]
    assert listening == []


def test_a_pid_file_that_names_somebody_else_is_no_obstacle(database: Postgres) -> None:
    database.start()
    database.stop()
    (database.data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    database.start()
    assert database.healthy()


def test_a_database_that_was_killed_starts_again(database: Postgres) -> None:
    database.start()
    assert database.child
    os.killpg(database.child.pid, signal.SIGKILL)
    database.child.process.wait(10)
    database.start()
    assert database.healthy()


def test_a_path_too_long_for_a_socket_is_no_obstacle(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-name"] * 8)
    server = Postgres(deep, durable=False)
    try:
        server.start()
        assert server.healthy()
    finally:
        server.stop()


def test_data_of_another_major_version_is_a_sentence(tmp_path: Path) -> None:
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("14\n")
    with pytest.raises(Trouble, match=r"written by PostgreSQL 14, and this is 18"):
        Postgres(tmp_path / "postgres").start()


def test_the_broker_refuses_those_without_its_password(tmp_path: Path) -> None:
    broker = Valkey(tmp_path)
    try:
        broker.start()
        assert broker.healthy()
        broker.password = "a guess"
        assert not broker.healthy()
    finally:
        broker.stop()


def test_a_setting_that_is_given_starts_nothing(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgresql://elsewhere/db", "REDIS_URL": "redis://elsewhere", "SECRET_KEY": "s"}
    services = Services(tmp_path, given=given, model=False)
    assert services.start() == {}
    services.stop()


def test_the_secret_key_stays_the_same(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgresql://elsewhere/db", "REDIS_URL": "redis://elsewhere"}
    keys = []
    for _ in range(2):
        services = Services(tmp_path, given=given, model=False)
        keys.append(services.start()["SECRET_KEY"])
        services.stop()
    assert keys[0] == keys[1]
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_two_owners_of_one_folder_are_refused_with_a_sentence(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgresql://elsewhere/db", "REDIS_URL": "redis://elsewhere"}
    first, second = (Services(tmp_path, given=given, model=False) for _ in range(2))
    first.start()
    with pytest.raises(Trouble, match=rf"Process {os.getpid()} already runs the database"):
        second.start()
    first.stop()


def test_a_command_by_hand_borrows_what_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    services = Services(tmp_path, given={}, model=False, durable=False)
    started = services.start()
    try:
        assert ensure_services(tmp_path) == started
    finally:
        services.stop()
    assert recorded(tmp_path) is None


def test_a_command_by_hand_ends_what_it_started(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from convergio.embedded import ensure_services;"
        "print(ensure_services(pathlib.Path(sys.argv[1]))['DATABASE_URL'])"
    )
    environment = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")
    }
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("postgresql://")
    time.sleep(0.2)
    assert not [
        each
        for each in psutil.process_iter(["cmdline"])
        if str(tmp_path) in " ".join(each.info["cmdline"] or [])
    ]
