"""A worker in the test's own process, with a fake runtime behind it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from convergio import threads
from convergio.celery import app
from executions import worker as workers
from executions.worker import Worker
from tests.executions import fake_runtime
from tests.people import Cast


@pytest.fixture
def fake(settings: Any) -> Any:
    """What steps do is told by their prompts."""
    settings.AGENT_RUNTIME = "tests.executions.fake_runtime"
    fake_runtime.reset()
    return fake_runtime


@pytest.fixture
def worker(
    committed_cast: Cast, fake: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> Iterator[Worker]:
    """Runs that are started here live here; what their threads still write is written before the tables are emptied."""
    settings.MEDIA_ROOT = tmp_path
    pool = ThreadPoolExecutor(8)
    monkeypatch.setattr(threads, "_threads", pool)
    running = Worker()
    running.start()
    monkeypatch.setattr(workers, "current", lambda: running)
    app.conf.task_always_eager = True
    yield running
    app.conf.task_always_eager = False
    running.stop(10)
    running.join(10)
    pool.shutdown()
    assert not running.is_alive


@pytest.fixture
def cast(committed_cast: Cast) -> Cast:
    """The cast, committed: runs are written over connections of their own."""
    return committed_cast
