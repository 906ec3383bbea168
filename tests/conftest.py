"""Fixtures that every app's tests share, and how hard property tests try.

`make test` draws the same few examples each time; HYPOTHESIS_PROFILE=thorough draws many others.
"""

import gc
import os
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


MEASURED = ("agents", "approvals", "executions", "unit", "workflows", "workspaces")
"""Folders whose tests hold the branches of what coverage is gated for; tracing the others would show nothing more."""
REPEATING = frozenset({"test_any_run.py", "test_cost.py", "test_restart.py", "test_round_trip.py"})
"""Tests that go the same ways a thousand times, which others have gone already."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out of coverage what is there for another reason: tracing makes a test half as slow again."""
    for item in items:
        folder, file = item.path.relative_to(TESTS).parts[0], item.path.name
        if folder not in MEASURED or file in REPEATING:
            item.add_marker(pytest.mark.no_cover)


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
