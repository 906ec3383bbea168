"""The product as a person starts it: once in vain, and then to work with."""

import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from tests.stack.model_server import ModelServer
from tests.stack.office import Office
from tests.stack.running import Stack


@pytest.fixture(scope="package")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where nothing was started yet."""
    return tmp_path_factory.mktemp("up") / "var"


@pytest.fixture(scope="package")
def killed(var: Path) -> list[psutil.Process]:
    """The processes of a first start, its language model among them, that was killed without a chance to clean up."""
    first = Stack(var).wait()
    family = first.family()
    first.end(signal.SIGKILL)
    return family


@pytest.fixture(scope="package")
def running(var: Path, killed: list[psutil.Process]) -> Iterator[Stack]:
    """A second start, at once, on the data that the killed one left, before a model that answers at once."""
    author: Any = SimpleNamespace(said=[])
    with ModelServer() as models:
        models.answer_with(lambda request: Office.answer(author, request))
        up = Stack(var, MODEL_SERVER_URL=models.url)
        try:
            yield up.wait()
        finally:
            up.end()
