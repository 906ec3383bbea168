"""`.venv` with exactly what the locks name.

uv installs in seconds; where it cannot (a mirror that only pip knows), pip does the same with the same hashes. Neither
resolves anything: the lock is the whole truth.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from convergio.bootstrap.steps import (
    PYTHON,
    ROOT,
    VENV,
    one_at_a_time,
    quietly,
    run_python,
    succeeds,
    writable,
)

RUNTIME = ROOT / "requirements.lock"
TOOLS = ROOT / "tests" / "requirements.lock"
UV = ROOT / "convergio" / "bootstrap" / "uv.lock"
NODE = ROOT / "convergio" / "bootstrap" / "node.lock"


def ensure(*locks: Path) -> None:
    """Bring `.venv` in line with the locks; costs nothing when it already is. Raises Stop."""
    if all(_current(lock) for lock in locks):
        return
    with one_at_a_time():
        writable(ROOT)
        _ensure_venv()
        missing = [lock for lock in locks if not _current(lock)]
        if missing:
            _install(missing)
            for lock in missing:
                _stamp(lock).write_text(_digest(lock))


def _ensure_venv() -> None:
    if not succeeds(run_python("-m", "pip", "--version")):
        quietly("Making .venv", [_maker(), "-m", "venv", "--clear", VENV])


def _maker() -> str:
    """The interpreter to make `.venv` from: never the one inside it."""
    here = Path(sys.executable)
    return (
        str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
        if VENV in here.parents
        else str(here)
    )


def _install(locks: Sequence[Path]) -> None:
    files = [part for lock in locks for part in ("-r", lock)]
    title = f"Installing {sum(_count(lock) for lock in locks)} packages"
    exact = ["--no-deps", "--require-hashes"]
    environment = {
        "UV_SYSTEM_CERTS": "1",
        "UV_NATIVE_TLS": "1",
        "UV_HTTP_TIMEOUT": "120",
        "UV_NO_PROGRESS": "1",
    }
    pip = run_python("-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet", *exact)
    uv = VENV / "bin" / "uv"
    if _has_uv(pip) and quietly(
        title, [uv, "pip", "install", "--python", PYTHON, *exact, *files], env=environment, may_fail=True
    ):
        return
    quietly(f"{title} with pip", [*pip, *files])


def _has_uv(pip: Sequence[str | Path]) -> bool:
    if _current(UV) and (VENV / "bin" / "uv").exists():
        return True
    if not quietly("Fetching the installer", [*pip, "-r", UV], may_fail=True):
        return False
    _stamp(UV).write_text(_digest(UV))
    return True


def _current(lock: Path) -> bool:
    try:
        return _stamp(lock).read_text() == _digest(lock) and PYTHON.exists()
    except OSError:
        return False


def _stamp(lock: Path) -> Path:
    name = "-".join(lock.relative_to(ROOT).parts)
    return VENV / f".installed-{name}"


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes() + os.fsencode(VENV)).hexdigest()


def _count(lock: Path) -> int:
    return sum(1 for line in lock.read_text().splitlines() if line[:1].isalnum())
