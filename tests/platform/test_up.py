"""`manage.py up` as a person meets it: it starts, says where it is, and leaves nothing behind."""

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
import pytest
from django.conf import settings

from convergio.bootstrap.steps import Stop
from convergio.embedded import Trouble
from convergio.embedded.given import reach
from convergio.up import choose_port
from tests.stack.model_server import ModelServer
from tests.stack.rig import database_url
from tests.stack.running import ROOT, Stack, gone

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("up"), pytest.mark.timeout(500)]


def test_a_start_that_is_killed_takes_its_processes_along(killed: list[psutil.Process]) -> None:
    assert len(killed) >= 6
    assert gone(killed)


def test_it_prints_an_address_that_answers_and_a_sign_in(running: Stack) -> None:
    address = re.search(r"http://localhost:(\d+)", running.said)
    assert address
    assert re.search(r"sign in as \S+@\S+ with \S+", running.said)
    socket.create_connection(("127.0.0.1", int(address[1])), timeout=5).close()


def test_a_second_start_names_the_address_of_the_first(running: Stack, var: Path) -> None:
    second = Stack(var)
    assert second.process.wait(30) == 0
    assert "already runs at http://localhost:" in second.said


def test_a_worker_that_was_killed_is_started_again(running: Stack) -> None:
    worker = running.member("worker")
    worker.kill()
    assert running.says("worker ended by itself and is started again")


def test_the_broker_comes_back_at_the_same_address_when_it_was_killed(running: Stack) -> None:
    broker = running.member("valkey-server")
    ports = {each.laddr.port for each in broker.net_connections() if each.status == "LISTEN"}
    broker.kill()
    assert running.says("valkey ended by itself and is started again")
    port = ports.pop()
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("nobody listens on the broker's port any more")


def test_ctrl_c_leaves_no_process_behind(running: Stack) -> None:
    family = running.family()
    assert len(family) >= 6
    assert running.end(signal.SIGINT) == 0
    assert gone(family, 1)
    assert "Everything is stopped." in running.said


@pytest.mark.parametrize(
    ("words", "number"),
    [("", signal.SIGINT), ("Starting", signal.SIGINT), ("Preparing the database", signal.SIGTERM)],
    ids=["at once", "services", "tables"],
)
def test_an_end_in_the_middle_of_a_start_leaves_no_process_behind(
    tmp_path: Path, words: str, number: signal.Signals
) -> None:
    up = Stack(tmp_path / "var")
    assert up.says(words)
    time.sleep(0.2)
    family = up.family()
    up.end(number)
    assert gone(family, 1)
    assert "Traceback" not in up.said


def test_a_port_in_use_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        up = Stack(tmp_path / "var", PORT=port)
        assert up.process.wait(30) == 1
    assert f"Port {port} is in use by another program" in up.said
    assert "Traceback" not in up.said


@pytest.mark.parametrize("port", ["http", "0", "70000"])
def test_a_port_that_is_none_is_a_sentence(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(Stop, match="it must be a number between 1 and 65535"):
        choose_port()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "The database does not answer"),
        ("DATABASE_URL", "not an address", "DATABASE_URL cannot be read"),
        ("REDIS_URL", "redis://127.0.0.1:1/0", "The broker does not answer"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL cannot be read"),
        ("MODEL_SERVER_URL", "http://127.0.0.1:1/v1", "The model server does not answer"),
        ("MODEL_SERVER_URL", "localhost", "MODEL_SERVER_URL cannot be read"),
    ],
)
def test_a_service_that_cannot_be_reached_is_a_sentence(name: str, value: str, sentence: str) -> None:
    with pytest.raises(Trouble, match=sentence):
        reach({name: value})


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("REDIS_URL", "redis://127.0.0.1:1/0", "The broker does not answer"),
        ("DEBUG", "perhaps", "Setting DEBUG"),
    ],
)
def test_a_start_with_a_setting_that_leads_nowhere_ends_with_a_sentence(
    tmp_path: Path, name: str, value: str, sentence: str
) -> None:
    with ModelServer() as models:
        given = {
            "DATABASE_URL": database_url(),
            "REDIS_URL": settings.REDIS_URL,
            "MODEL_SERVER_URL": models.url,
        }
        up = Stack(tmp_path / "var", **given | {name: value})
        assert up.process.wait(90) == 1
    assert sentence in up.said
    assert "Traceback" not in up.said


def test_a_file_where_the_data_folder_should_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("in the way")
    up = Stack(tmp_path / "var")
    assert up.process.wait(30) == 1
    assert "cannot be written to" in up.said
    assert "Traceback" not in up.said


def test_a_folder_without_write_permission_is_a_sentence() -> None:
    """Not even root may make a folder under /proc."""
    done = subprocess.run(
        [sys.executable, "-m", "convergio.bootstrap", "up"],
        cwd=ROOT, env={**os.environ, "VAR_DIR": "/proc/var"}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "The folder /proc/var/run cannot be written to" in done.stdout
    assert "Traceback" not in done.stderr
