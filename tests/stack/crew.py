"""Workers who come and go: several tests lose some of them, and each goes on with those that are left."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis
from django.utils import timezone

from convergio.bootstrap.processes import Child
from convergio.embedded.ports import any_free
from convergio.embedded.valkey import _program
from executions.models import Execution, Worker
from tests.executions.flows import until
from tests.stack.model_server import ModelServer
from tests.stack.rig import Rig, rig

type Process = subprocess.Popen[bytes]


class Broker:
    """A Valkey of the crew's own, always on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, any_free()
        self.child: Child | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Begin, empty."""
        command = [_program(), "--port", str(self.port), "--save", "", "--dir", str(self.folder)]
        with (self.folder / "valkey.txt").open("ab") as output:
            self.child = Child("valkey", command, output=output, cwd=self.folder)
        until(self.answers, 10, "Valkey")

    def kill(self) -> None:
        """Lose everything at once."""
        if self.child:
            self.child.process.kill()
            self.child.process.wait(5)

    def answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.url, socket_timeout=1, retry=None).ping())
        except redis.RedisError:
            return False


@dataclass
class Crew:
    """A scheduler and its workers. The test itself uses another broker: none of its messages arrive, and only the
    sweep finds its runs.
    """

    rig: Rig
    broker: Broker
    models: ModelServer
    workers: list[Process] = field(default_factory=list)

    def of(self, count: int) -> list[Process]:
        """So many workers, ready: those that live, the rest new; who is too many has to go."""
        alive = [each for each in self.workers if each.poll() is None]
        for each in alive[count:]:
            self.rig.kill(each)
        self.workers = alive[:count]
        while len(self.workers) < count:
            self.join()
        self.rig.until(lambda: all(map(self.is_well, self.workers)), 90, f"a crew of {count}")
        return self.workers

    def join(self, **settings: str) -> Process:
        """One more, who is not waited for."""
        self.workers.append(self.rig.begin_worker(**settings))
        return self.workers[-1]

    def is_well(self, worker: Process) -> bool:
        """Whether a worker lives and has its lease."""
        assert worker.poll() is None, f"a worker ended:\n{self.rig.logs()}"
        lasting = Worker.objects.filter(lease_until__gt=timezone.now())
        return lasting.filter(name__contains=f":{worker.pid}:").exists()

    def owns(self, worker: Process, execution: Execution) -> bool:
        """Whether a run lives in a worker."""
        return Execution.objects.filter(pk=execution.pk, owner__contains=f":{worker.pid}:").exists()

    def owner(self, execution: Execution) -> Process:
        """In whom a run lives."""
        return next(each for each in self.workers if self.owns(each, execution))

    def asked(self, count: int) -> None:
        """Wait until the model was asked so often in this test."""
        self.rig.until(lambda: len(self.models.requests) >= count, 60, f"the model's question {count}")


@contextmanager
def crew(folder: Path) -> Iterator[Crew]:
    """A scheduler without workers; everybody is gone afterwards."""
    broker = Broker(folder)
    with ModelServer() as models, rig(folder, models.url, REDIS_URL=broker.url) as made:
        try:
            broker.start()
            made.beat()
            yield Crew(made, broker, models)
        finally:
            broker.kill()
