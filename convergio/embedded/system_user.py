"""PostgreSQL refuses to run as root; as root we let it run as a system user of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from convergio.embedded.trouble import Trouble

NAME = "convergio-db"


def postgres_user() -> str | None:
    """The user PostgreSQL is to run as, made when missing; None when that is simply us."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(NAME)
    except KeyError:
        _make()
    return NAME


def _make() -> None:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
    if shutil.which("useradd") is None:
        command = ["adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", NAME]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    try:
        pwd.getpwnam(NAME)
    except KeyError:
        raise Trouble(
            f"PostgreSQL does not run as root, and its own user “{NAME}” could not be made "
            f"({done.stderr.strip() or 'no reason given'}). Start as an ordinary user, or set DATABASE_URL."
        ) from None


def own(folder: Path, user: str | None) -> None:
    """Give a folder with all in it to the user."""
    if user is None:
        return
    entry = pwd.getpwnam(user)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def take_over(folder: Path, user: str | None) -> None:
    """Own a folder that somebody else made, as after a start without root."""
    if user is not None and folder.stat().st_uid != pwd.getpwnam(user).pw_uid:
        own(folder, user)


def open_path(target: Path, user: str | None) -> None:
    """Let the user walk down to `target`: the folders above it get `x` (not `r`) where it is missing."""
    if user is None:
        return
    for folder in target.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def open_tree(folder: Path, user: str | None) -> None:
    """Let the user read programs that were installed under a strict umask."""
    if user is None:
        return
    open_path(folder, user)
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)
