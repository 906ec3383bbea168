"""Real services for the tests, apart from `var/`: started once a session, before the settings are read.

Loaded by pytest as a plugin (see pyproject.toml). A run of `tests/unit` or `tests/architecture` alone starts nothing.
Workers of pytest-xdist share the server; each has a database and a Redis number of its own. A `DATABASE_URL` or
`REDIS_URL` in the environment wins.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from convergio.embedded import Services
from convergio.embedded.model import Model

NEEDS_NOTHING = ("tests/unit", "tests/architecture")
HEAVY = {"product", "model_server_url"}
"""Fixtures that start so much that it is done once."""
GROUP = "xdist_group"
HEAVIEST_FIRST = {name: place for place, name in enumerate(("stack", "product", "up", "model_server_url"))}
_running: list[tuple[Services, Path]] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker:
        _take_number(int(worker.removeprefix("gw")) + 1)
    elif _needed([str(name) for name in early_config.known_args_namespace.file_or_dir]):
        _start()


def pytest_unconfigure() -> None:
    while _running:
        services, folder = _running.pop()
        services.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a file, and tests that share something heavy, run in the same worker; the heavy ones begin."""
    for item in items:
        shared = HEAVY.intersection(getattr(item, "fixturenames", ()))
        if not item.get_closest_marker(GROUP):
            item.add_marker(pytest.mark.xdist_group(min(shared, default=item.location[0])))
    items.sort(key=lambda item: HEAVIEST_FIRST.get(_group(item), len(HEAVIEST_FIRST)))


def _group(item: pytest.Item) -> str:
    marker = item.get_closest_marker(GROUP)
    return str(marker.args[0]) if marker else ""


@pytest.fixture(scope="session")
def model_server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The embedded language model's address, ending in /v1."""
    server = Model(tmp_path_factory.mktemp("model"))
    try:
        server.start()
        yield server.url
    finally:
        server.stop()


def _needed(named: list[str]) -> bool:
    if not named:
        return True
    root = Path(__file__).resolve().parent.parent
    paths = [Path(name.split("::")[0]).resolve() for name in named]
    return not all(any(path.is_relative_to(root / quiet) for quiet in NEEDS_NOTHING) for path in paths)


def _start() -> None:
    folder = Path(tempfile.mkdtemp(prefix="convergio-test-"))
    services = Services(folder, given=os.environ, model=False, durable=False)
    _running.append((services, folder))
    os.environ.update(services.start())
    os.environ["VAR_DIR"] = str(folder)
    (folder / "static").mkdir()


def _take_number(number: int) -> None:
    os.environ["REDIS_URL"] = re.sub(r"/\d+$", f"/{number}", os.environ.get("REDIS_URL", ""))
