"""Folders and files of embedded services, with sentences when they cannot be used."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import secrets
import tempfile
from pathlib import Path

from convergio.embedded.trouble import Trouble

SOCKET_PATH_LIMIT = 90
"""Bytes a folder may have so that a socket in it stays under the system's limit (104 to 108)."""


def make(folder: Path, *, mode: int = 0o755) -> Path:
    """Make a folder we can write into."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=mode)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Trouble(
            f"The folder {folder} cannot be written to ({error.strerror}). "
            "Give yourself write permission there, or set VAR_DIR to a folder of yours."
        ) from None
    return folder


def for_sockets(home: Path) -> Path:
    """A folder for sockets: in `home`, or in the temporary folder when that path is too long for a socket."""
    near = home / "sockets"
    if len(os.fsencode(near)) <= SOCKET_PATH_LIMIT:
        return make(near)
    digest = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]
    return make(Path(tempfile.gettempdir()) / f"convergio-{os.getuid()}-{digest}", mode=0o711)


def secret(file: Path, *, characters: int = 64) -> str:
    """A random secret that stays the same: read from the file, or made and kept there for its owner alone."""
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        make(file.parent)
    value = secrets.token_urlsafe(characters)[:characters]
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(value)
    return value


def of_package(name: str) -> Path:
    """Where a package is installed, found without running any of its code: only its files are wanted."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise Trouble(f"The package {name} is not installed. Run `make up`, which installs what is locked.")
    return Path(spec.submodule_search_locations[0])
