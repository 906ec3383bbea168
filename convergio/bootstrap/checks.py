"""`make lint`, `make test`, `make fmt`, `make bench`, `make chaos`."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from convergio.bootstrap import assets, environment
from convergio.bootstrap.steps import (
    CI,
    PYTHON,
    ROOT,
    VENV,
    Stop,
    aloud,
    beside,
    quietly,
    say,
    succeeds,
    var,
    writable,
)

BIN = VENV / "bin"
CHROMIUM = "CHROMIUM"
"""The environment variable that tells browser tests which Chromium to start."""
HEADLESS = "chromium-headless-shell"
LEAST_COVERAGE = 90
"""Per cent of branches of what a run's correctness hangs on; pyproject.toml names those files."""

READING: list[str | Path] = [PYTHON, "-m", "pytest", "--collect-only", "-qq", "-p", "no:tests.services"]
"""Has every module compiled once; the workers, who start together, would compile all of them three times."""

type Check = tuple[str, Callable[[], int]]


def lint() -> int:
    """Everything that reads the code without running it."""
    environment.ensure(environment.RUNTIME, environment.TOOLS)
    writable(var() / "cache")
    return _all([*LINTS, ("types", _program("mypy"))])


def test() -> int:
    """Every test, from nothing. Installs what it needs and says at the end what did not hold."""
    environment.ensure(environment.RUNTIME, environment.TOOLS)
    writable(var() / "cache")
    with beside([*READING, *_wanted()], is_silent=True) as compiled, beside([BIN / "mypy"]) as types:
        assets.ensure()
        _find_chromium()
        compiled()
        rest = [("scripts", _node_tests), ("python", _pytest), ("coverage", _coverage), ("types", types)]
        return _all([*LINTS, *rest])


def fmt() -> int:
    """Bring the code into the common form."""
    environment.ensure(environment.RUNTIME, environment.TOOLS)
    return aloud([BIN / "ruff", "check", "--fix", "--quiet", "."]) or aloud([BIN / "ruff", "format", "."])


def bench() -> int:
    """Print figures; nothing is asserted. BENCH="chain loop" takes some of them."""
    environment.ensure(environment.RUNTIME, environment.TOOLS)
    assets.ensure()
    writable(var())
    command: list[str | Path] = [PYTHON, "-m", "tests.bench", *os.environ.get("BENCH", "").split()]
    return aloud(command)


def chaos() -> int:
    """Attack the product while it works, a day for each seed, and print what came of it."""
    environment.ensure(environment.RUNTIME, environment.TOOLS)
    runs, seeds = os.environ.get("RUNS") or "1000", (os.environ.get("SEED") or "1 2 3").split()
    return max(aloud([PYTHON, "-m", "tests.stack.chaos", "--seed", seed, "--runs", runs]) for seed in seeds)


def _program(name: str, *arguments: str) -> Callable[[], int]:
    return lambda: aloud([BIN / name, *arguments])


LINTS: list[Check] = [
    ("ruff", _program("ruff", "check", "--quiet", ".")),
    ("format", _program("ruff", "format", "--check", "--quiet", ".")),
    ("imports", _program("lint-imports", "--cache-dir", "var/cache/imports")),
    ("templates", lambda: aloud([BIN / "djlint", "templates", "--lint", "--quiet"])),
]


def _all(checks: Sequence[Check]) -> int:
    """Run all of them, also after one failed, and close with what did not hold."""
    failed = []
    for title, check in checks:
        say(f"── {title}")
        started = time.monotonic()
        code = check()
        say(f"   {'held' if code == 0 else 'FAILED'} after {time.monotonic() - started:.0f} s")
        if code:
            failed.append(title)
    if failed:
        say(f"Did not hold: {', '.join(failed)}.")
    return 1 if failed else 0


def _pytest() -> int:
    shared_out = ["-n", str(_workers()), "--dist", "loadgroup", "--no-loadscope-reorder"]
    coverage = ["--cov", "--cov-report="]
    return aloud([PYTHON, "-m", "pytest", *shared_out, *coverage, *_wanted()])


def _wanted() -> list[str]:
    return os.environ.get("TESTS", "").split()


def _workers() -> int:
    """One more than there are cores, because the heavy tests wait as much as they work."""
    return min(4, (os.cpu_count() or 2) + 1)


def _coverage() -> int:
    if _wanted():
        return 0
    return aloud([PYTHON, "-m", "coverage", "report", f"--fail-under={LEAST_COVERAGE}"])


def _node_tests() -> int:
    files = sorted((ROOT / "tests" / "js").glob("**/*.test.js"))
    if not files:
        return 0
    return aloud(["node", "--test", "--test-reporter=dot", *files], env=assets.node(), cwd=ROOT)


def _find_chromium() -> None:
    """Export the Chromium that browser tests use, installing Debian's where we may."""
    if not (_chromium() or _install_chromium()):
        missing = (
            "No Chromium was found, so the browser tests cannot run. Install one or name it: CHROMIUM=/path."
        )
        if CI:
            raise Stop(missing)
        say(f"{'!' * 100}\n{missing}\n{'!' * 100}")
        return
    os.environ[CHROMIUM] = str(_chromium())


def _chromium() -> str | None:
    """The one without windows where there is one: it draws the same with a third less work."""
    names = (
        os.environ.get(CHROMIUM, ""),
        HEADLESS,
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    )
    found = (shutil.which(name) for name in names if name)
    return next((path for path in found if path and succeeds([path, "--version"])), None)


def _install_chromium() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environment_ = {"DEBIAN_FRONTEND": "noninteractive"}
    apt: list[str | Path] = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    quietly("Reading Debian's package lists", [*apt, "update"], env=environment_, may_fail=True)
    install = [*apt, "install", "-y", "--no-install-recommends"]
    return any(
        quietly(f"Installing {package}", [*install, package], env=environment_, may_fail=True)
        and _chromium() is not None
        for package in (HEADLESS, "chromium")
    )
