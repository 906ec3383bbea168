"""The services themselves are lost, while runs go on."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.db import connection

from approvals import operations as approvals
from approvals.models import ApprovalRequest
from convergio.bootstrap.processes import Child
from convergio.embedded.ports import any_free
from convergio.embedded.valkey import _program
from executions import chain
from tests.executions.flows import agent, approval, ended, start, until, waits
from tests.executions.flows import chain as flow
from tests.people import Cast
from tests.stack.model_server import ModelServer, Say
from tests.stack.rig import Rig

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


class Broker:
    """A Valkey of the test's own, always on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, any_free()
        self.child: Child | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Begin, empty."""
        command: list[str | Path] = [
            _program(),
            "--port",
            str(self.port),
            "--save",
            "",
            "--dir",
            str(self.folder),
        ]
        with (self.folder / "valkey.txt").open("ab") as output:
            self.child = Child("valkey", command, output=output, cwd=self.folder)
        until(self.answers, 10, "Valkey")

    def kill(self) -> None:
        """Lose everything at once."""
        assert self.child
        self.child.process.kill()
        self.child.process.wait(5)

    def answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.url, socket_timeout=1, retry=None).ping())
        except redis.RedisError:
            return False


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """Workers and scheduler use it; this process does not, so that none of its messages arrive."""
    made = Broker(tmp_path)
    made.start()
    yield made
    made.kill()


def test_redis_may_be_lost_at_any_moment(stack: Rig, broker: Broker, cast: Cast, models: ModelServer) -> None:
    models.answer_with(lambda request: Say("done", delay_s=1.5))
    stack.settings["REDIS_URL"] = broker.url
    stack.worker()
    stack.beat()
    document = flow(agent("one", "First."), approval(), agent("two", "Second."))
    execution = start(cast, document)  # its message goes elsewhere: only the sweep can find it
    stack.until(lambda: len(models.requests) == 1, 60, "the first model call")

    broker.kill()
    time.sleep(2)
    broker.start()
    execution = waits(execution, 40)
    approvals.decide(ApprovalRequest.objects.get(), "approve", by=cast.dan.actor)

    execution = ended(execution, 40)
    assert execution.status == "completed", (execution.error, stack.logs())
    assert len(models.requests) == 2, "nothing was paid twice"
    assert chain.verify(execution).is_whole


def test_connections_may_break_at_any_moment(stack: Rig, cast: Cast, models: ModelServer) -> None:
    models.answer_with(lambda request: Say("done", delay_s=0.3))
    stack.beat()
    stack.worker()
    execution = start(cast, flow(*[agent(f"s{number}", f"Part {number}.") for number in range(8)]))
    stack.until(lambda: len(models.requests) > 0, 60, "the first model call")

    for _ in range(8):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name IN ('rig', 'convergio runs')"
            )
        time.sleep(0.35)

    execution = ended(execution, 40)
    assert execution.status == "completed", (execution.error, stack.logs())
    assert len(models.requests) == 8
    assert execution.requests == 8
    assert chain.verify(execution).is_whole
