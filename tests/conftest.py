"""Fixtures that every app's tests share, and how hard property tests try.

`make test` draws the same few examples each time; HYPOTHESIS_PROFILE=thorough draws many others.
"""

import gc
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from django.core.management.commands import flush
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import HealthCheck, settings

from tests.people import Cast, make_cast

TESTS = Path(__file__).parent
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile(
    "quick", max_examples=20, derandomize=True, deadline=None, suppress_health_check=SLOW
)
settings.register_profile("thorough", max_examples=400, deadline=None, suppress_health_check=SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


PURE = "unit"
"""The folder of what needs no database; tracing it costs little."""
VERBS = {
    "agents/test_operations.py",
    "approvals/test_decide.py",
    "approvals/test_expire.py",
    "approvals/test_handle.py",
    "approvals/test_open.py",
    "approvals/test_stand_in.py",
    "approvals/test_submit.py",
    "executions/test_cancel.py",
    "executions/test_fork.py",
    "executions/test_pause.py",
    "executions/test_people.py",
    "executions/test_retry.py",
    "executions/test_start.py",
    "notifications/test_notify.py",
    "notifications/test_outbox.py",
    "workflows/test_create.py",
    "workflows/test_publish.py",
    "workspaces/test_groups.py",
    "workspaces/test_members.py",
}
"""Tests that hold the branches of the operations. Every test that is traced takes half as long again, or longer."""
REPEATING = {
    "test_any_run.py",
    "test_cost.py",
    "test_histories.py",
    "test_json_schemas.py",
    "test_restart.py",
    "test_round_trip.py",
}
"""Pure ones that go the same ways a thousand times, which others have gone already."""


def is_measured(item: pytest.Item) -> bool:
    """Whether the branches that a test takes are counted; not where it is the time that counts."""
    path = item.path.relative_to(TESTS)
    is_pure = path.parts[0] == PURE and path.name not in REPEATING
    return (is_pure or path.as_posix() in VERBS) and not item.name.endswith("_quickly")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """End what pytest-cov began in a worker of pytest-xdist: it begins there once more and pauses only the second."""
    if hasattr(session.config, "workerinput") and (measuring := _measuring(session.config)):
        measuring.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Trace nothing, fixtures included, while a test runs that is there for another reason."""
    measuring = None if is_measured(item) else _measuring(item.config)
    if measuring:
        measuring.stop()
    try:
        return (yield)
    finally:
        if measuring:
            measuring.start()


def _measuring(config: pytest.Config) -> Any:
    """The coverage that pytest-cov takes, if any."""
    return getattr(getattr(config.pluginmanager.getplugin("_cov"), "cov_controller", None), "cov", None)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a test by the beginning of a long text: ids travel between processes with each report."""
    return f"{val[:40]!r} of {len(val)}" if isinstance(val, str | bytes) and len(val) > 100 else None


SAME_FOR_ALL = {"django_content_type", "auth_permission"}
"""Tables that say what models there are; nobody writes to them."""


@pytest.fixture(autouse=True, scope="session")
def _quick_flush() -> None:
    """Empty the tables after a test by DELETE: they hold little, and TRUNCATE takes a hundred times as long.

    What models there are stays, so that it is not written again after each test.
    """

    def sql_flush(self: DatabaseOperations, _style: Any, tables: list[str], **_options: Any) -> list[str]:
        deletes = [f"DELETE FROM {self.quote_name(table)}" for table in tables if table not in SAME_FOR_ALL]
        return ["; ".join(["SET CONSTRAINTS ALL DEFERRED", *deletes])]

    DatabaseOperations.sql_flush = sql_flush
    flush.emit_post_migrate_signal = lambda *_, **__: None


@pytest.fixture(autouse=True, scope="session")
def _quickly_collected() -> None:
    """Look for no garbage among what was loaded before the first test: it stays anyway."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _quick_passwords(request: pytest.FixtureRequest) -> None:
    """Let the cast's cheap hashes be checked, in tests alone."""
    if "settings" in request.fixturenames or "cast" in request.fixturenames:
        request.getfixturevalue("settings").PASSWORD_HASHERS = [
            "django.contrib.auth.hashers.MD5PasswordHasher"
        ]


@pytest.fixture
def cast(db: None) -> Cast:
    """Ada, Ben, Cleo, Dan and Eve of Acme; Finn of Elsewhere."""
    return make_cast()


@pytest.fixture
def committed_cast(transactional_db: None) -> Cast:
    """The cast, committed, for tests with several connections."""
    return make_cast()
