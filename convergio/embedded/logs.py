"""Where embedded services write what they have to say."""

from __future__ import annotations

from pathlib import Path

KEEP_BYTES = 5_000_000


def log_file(home: Path) -> Path:
    """The service's log; a long one is moved to `log.old` first."""
    path = home / "log"
    if path.exists() and path.stat().st_size > KEEP_BYTES:
        path.replace(path.with_suffix(".old"))
    path.touch()
    return path


def last_words(log: Path) -> str:
    """The last line of the log that sounds like a reason."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()[-40:] if line.strip()]
    reasons = [
        line for line in lines if any(word in line.lower() for word in ("fatal", "error", "can't", "cannot"))
    ]
    return (reasons or lines or ["it gave no reason."])[-1]
