"""The whole product as `make up` starts it, with a scripted model beside it, and the ways to use and watch it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from convergio.bootstrap.steps import var
from tests.bench.floor import Floor
from tests.bench.meters import Meters
from tests.bench.tools import announce
from tests.bench.websocket import sign_in
from tests.stack.running import Stack

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = {
    "web": "-m convergio.web",
    "worker": "convergio.celery",
    "beat": "convergio.beat",
    "postgres": "pginstall/bin/postgres",
    "valkey": "valkey-server",
}
"""What the command of each process holds."""
LONGEST_S = 150
COUNT = "SELECT count(*) FROM executions_execution WHERE id = ANY(%s::uuid[])"
MARK = "bench-count|"
STATEMENT = re.compile(r"(\d+)\|.*?(?:statement|execute [^:]+): (.*)", re.DOTALL)
UPKEEP = re.compile(
    r"INTO executions_worker|DELETE FROM executions_worker|AS has_commands|clock_timestamp\(\) AND owner = ''|"
    r"posted_at <|created_at <|ORDER BY run.created_at|approvals_approvalrequest|SELECT 1|pg_"
)
"""What the heartbeat and the sweep ask each second: it belongs to the second, not to a step."""

type Row = tuple[Any, ...]


@dataclass
class Statements:
    """What the database was asked: for the work, and by the clock."""

    work: list[str] = field(default_factory=list)
    upkeep: list[str] = field(default_factory=list)

    @property
    def beats(self) -> int:
        """Heartbeats, each of which is a transaction that writes."""
        return sum("INTO executions_worker" in query for query in self.upkeep)


@dataclass
class House:
    """Everything that runs, until it is closed."""

    stack: Stack
    model: "subprocess.Popen[bytes]"
    model_url: str
    key: str = ""
    workflows: dict[str, str] = field(default_factory=dict)

    @cached_property
    def api(self) -> httpx.Client:
        """A program with a key."""
        head = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=f"{self.stack.url}/api/v1", headers=head, timeout=60)

    @cached_property
    def browser(self) -> httpx.Client:
        """The demo owner's browser."""
        return sign_in(self.stack.url, self.stack.email, self.stack.password)

    @cached_property
    def database(self) -> "psycopg.Connection[Row]":
        """Our own connection, to look at what was written."""
        return psycopg.connect(self.stack.settings["DATABASE_URL"], autocommit=True, application_name="bench")

    @cached_property
    def floor(self) -> Floor:
        return Floor(self.stack.settings["DATABASE_URL"])

    @cached_property
    def processes(self) -> dict[str, psutil.Process]:
        family = self.stack.family()
        found = {
            name: next(one for one in family if word in " ".join(one.cmdline()))
            for name, word in PROCESSES.items()
        }
        return found | {"up": psutil.Process(self.stack.process.pid)}

    @cached_property
    def meters(self) -> Meters:
        return Meters({name: self.processes[name] for name in PROCESSES}, self.database)

    # workflows and runs

    def publish(self, name: str, definition: dict[str, Any]) -> str:
        """Save a workflow and publish it, once a name; return its slug."""
        if name not in self.workflows:
            made = self.post("/workflows", {"name": name, "slug": name, "definition": definition})
            self.post(f"/workflows/{made['slug']}/versions", {})
            self.workflows[name] = made["slug"]
        return self.workflows[name]

    def start(self, slug: str, inputs: dict[str, Any] | None = None) -> str:
        """Start a run over the API; return its id."""
        return str(self.post("/executions", {"workflow": slug, "inputs": inputs or {}})["id"])

    def finish(self, ids: Sequence[str], seconds: float = LONGEST_S) -> None:
        """Wait until runs have ended well."""
        end = time.monotonic() + seconds
        while self.value(f"{COUNT} AND (ended_at IS NULL OR owner <> '')", list(ids)):
            assert time.monotonic() < end, f"runs do not end:\n{self.stack.said[-2000:]}"
            time.sleep(0.02)
        assert not self.value(f"{COUNT} AND status <> 'completed'", list(ids)), (
            f"runs did not end well:\n{self.stack.said[-2000:]}"
        )

    def run(self, slug: str, inputs: dict[str, Any] | None = None) -> str:
        """Start a run and wait for its end."""
        started = self.start(slug, inputs)
        self.finish([started])
        return started

    @contextmanager
    def held(self) -> Iterator[None]:
        """Stop worker and scheduler for a moment, so that what is started begins at one time."""
        both = self.processes["worker"], self.processes["beat"]
        for one in both:
            one.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for one in both:
                one.send_signal(signal.SIGCONT)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Call the API; fails when it refuses."""
        answer = self.api.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        answer = self.api.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    # the database

    def rows(self, query: str, *values: Any) -> list[Row]:
        return self.database.execute(query, values).fetchall()

    def value(self, query: str, *values: Any) -> Any:
        return self.rows(query, *values)[0][0]

    @contextmanager
    def statements(self) -> Iterator[Statements]:
        """Have PostgreSQL write down every statement; filled at the end, without our own."""
        log, found = self.stack.var / "postgres" / "log", Statements()
        size = log.stat().st_size
        ours = {self.database.info.backend_pid, self.floor.connection.info.backend_pid}
        try:
            self._log_statements("all")
            yield found
        finally:
            self._log_statements("none")
            with log.open("rb") as said:
                said.seek(size)
                text = said.read().decode(errors="replace")
            for query in _statements(text, ours):
                (found.upkeep if UPKEEP.search(query) else found.work).append(query)

    def _log_statements(self, which: str) -> None:
        self.database.execute("ALTER SYSTEM SET log_line_prefix = 'bench-count|%p|'")
        self.database.execute(f"ALTER SYSTEM SET log_statement = '{which}'")
        self.database.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)


def _statements(text: str, but: set[int]) -> list[str]:
    """The statements in a log, without those of some server processes."""
    found = (STATEMENT.match(entry) for entry in text.split(MARK))
    return [each[2].strip() for each in found if each and int(each[1]) not in but]


@contextmanager
def house() -> Iterator[House]:
    """Start everything with data of its own beside the product's; nothing is left afterwards."""
    parent = var() / "bench"
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent))
    model = subprocess.Popen([sys.executable, "-m", "tests.bench.model"], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert model.stdout is not None
        url = f"http://127.0.0.1:{int(model.stdout.readline())}/v1"
        stack = Stack(folder / "var", **_settings(folder, url))
        try:
            made = House(stack.wait(), model, url)
            made.key = _key(stack)
            yield made
        finally:
            stack.end()
    finally:
        model.kill()
        model.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _settings(folder: Path, model: str) -> dict[str, str]:
    paths = (str(announce(folder / "tools")), str(ROOT), os.environ.get("PYTHONPATH", ""))
    return {
        "MODEL_SERVER_URL": model,
        "API_REQUESTS_PER_MINUTE": "1000000",
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
    }


def _key(stack: Stack) -> str:
    command = [sys.executable, str(ROOT / "manage.py"), "create_api_key", stack.email]
    found = subprocess.run(
        command, env={**os.environ, **stack.settings}, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return found.stdout.strip()
