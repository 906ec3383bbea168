"""One `make up` at a time for a folder of data."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import IO

from convergio.bootstrap.steps import var, writable

HANDED_OVER = "CONVERGIO_UP_LOCK"
"""Names the file descriptor of a lock that was taken before `manage.py up` replaced the process."""


class AlreadyRuns(Exception):
    """Another `make up` has this folder."""


def claim() -> IO[str]:
    """Take the lock, or the one handed over. Raises AlreadyRuns with the address to open."""
    handed_over = os.environ.pop(HANDED_OVER, "")
    if handed_over:
        return os.fdopen(int(handed_over), "a+")
    lock = (writable(var() / "run") / "up.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyRuns(_sentence()) from None
    _record_path().unlink(missing_ok=True)
    return lock


def record(url: str) -> None:
    """Note the address for whoever asks while we run."""
    _record_path().write_text(json.dumps({"pid": os.getpid(), "url": url}))


def forget() -> None:
    _record_path().unlink(missing_ok=True)


def _sentence() -> str:
    try:
        found = json.loads(_record_path().read_text())
        return f"Convergio already runs at {found['url']} (process {found['pid']}). Ctrl-C in its terminal stops it."
    except (OSError, ValueError, KeyError):
        return (
            "Convergio is being started or cleaned by another make at this moment. Wait for it, or stop it."
        )


def _record_path() -> Path:
    return var() / "run" / "up.json"
