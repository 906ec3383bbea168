"""A short day of faults, every kind of them once. `make chaos` has the long ones."""

import subprocess
import sys

import pytest

from tests.stack.chaos.faults import FAULTS
from tests.stack.rig import ROOT

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600), pytest.mark.xdist_group("stack")]

RUNS = 12
OURS = ("DATABASE_URL", "REDIS_URL", "VAR_DIR", "SECRET_KEY", "MODEL_SERVER_URL")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day has services of its own, which it may kill."""
    for name in OURS:
        monkeypatch.delenv(name, raising=False)


def test_no_fault_breaks_a_promise(environment: None) -> None:
    command = [sys.executable, "-m", "tests.stack.chaos", "--short", "--seed", "7", "--runs", str(RUNS)]
    day = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=580, check=False)
    if day.returncode:
        pytest.fail(f"{day.stdout[-6000:]}\n{day.stderr[-6000:]}", pytrace=False)
    assert "0 lost · 0 recorded twice · 0 effects done twice · 0 violations" in day.stdout
    assert [name for name in FAULTS if f"{name} 1" not in day.stdout] == []
    assert "of 0 steps" not in day.stdout, "no step was killed at work"
