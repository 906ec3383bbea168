"""What the commands before the first start have in common: folders, steps that are said aloud, and one way to fail."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from convergio.bootstrap.processes import Child, die_with_parent

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(Exception):
    """A sentence that says what went wrong and what to do."""


class Interrupted(KeyboardInterrupt):
    """Somebody pressed Ctrl-C or asked us to end.

    Libraries know it as such, and leave nothing half done: a database connection takes its statement back.
    """


def var() -> Path:
    """The folder for all that the project makes while it runs."""
    return Path(os.environ.get("VAR_DIR") or ROOT / "var")


def say(sentence: str) -> None:
    print(sentence, flush=True)


def writable(folder: Path) -> Path:
    """Make a folder and try it. Raises Stop when we may not write there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Stop(
            f"The folder {folder} cannot be written to ({error.strerror}). Give yourself write permission there "
            "(chown or chmod), or work in a copy of your own."
        ) from None
    return folder


def interruptible() -> None:
    """From here on Ctrl-C, a closed terminal and `kill` all end in Interrupted."""

    def interrupt(*_: object) -> None:
        raise Interrupted

    for number in ENDINGS:
        if not (number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN):  # started by nohup
            signal.signal(number, interrupt)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)


def hold_signals() -> None:
    """Keep Ctrl-C and its like waiting, also across exec, until somebody calls `interruptible`."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)


def die_with_make() -> None:
    """When the `make` that runs us is killed, we end as by Ctrl-C."""
    bind = die_with_parent(os.getppid(), signal.SIGTERM)
    if bind and os.getppid() != 1:
        bind()


def quietly(
    title: str,
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    may_fail: bool = False,
) -> bool:
    """Run a long command with its output in a log; say its title, how long it took, and on failure its last words."""
    log = writable(var() / "log") / "install.log"
    print(f"· {title} …", end="", flush=True)
    started = time.monotonic()
    with log.open("ab") as output:
        begin = output.tell()
        code = _run(title, command, env=env, cwd=cwd, output=output)
    if code == 0:
        say(f" {time.monotonic() - started:.0f} s")
        return True
    say(" did not work" if may_fail else " failed")
    if may_fail:
        return False
    raise Stop(f"{title} failed: {_reason(log, begin)} The whole story is in {log}.")


def aloud(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> int:
    """Run a command whose output the person is to see; returns its exit code."""
    sys.stdout.flush()
    return _run(Path(command[0]).name, command, env=env, cwd=cwd, output=None)


@contextlib.contextmanager
def beside(command: Sequence[str | Path], *, is_silent: bool = False) -> Iterator[Callable[[], int]]:
    """Run a command beside others. What is given waits for its end, shows what it said, returns its exit code."""
    with tempfile.TemporaryFile() as output:
        child = Child(Path(command[0]).name, command, env=os.environ, cwd=ROOT, output=output, grace=3)

        def finish() -> int:
            code = child.process.wait()
            output.seek(0)
            if not is_silent:
                sys.stdout.write(output.read().decode(errors="replace"))
            return code

        try:
            yield finish
        finally:
            child.stop()


def _run(
    name: str,
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None,
    cwd: Path,
    output: IO[bytes] | None,
) -> int:
    try:
        child = Child(name, command, env={**os.environ, **(env or {})}, cwd=cwd, output=output, grace=3)
    except FileNotFoundError:
        raise Stop(
            f"The program {command[0]} is missing. Run `make clean` and then again what you ran."
        ) from None
    try:
        return child.process.wait()
    finally:
        child.stop()


def _reason(log: Path, begin: int) -> str:
    text = log.read_bytes()[begin:].decode(errors="replace")
    text = re.sub(r"\x1b\[[0-9;]*m", "", re.sub(r"\w+://\S+", "…", text))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [
        line for line in lines if re.search(r"error|failed|cannot|no space|denied", line, re.IGNORECASE)
    ]
    return (telling or lines or ["it gave no reason."])[-1][:300]


_holding: list[bool] = []


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the lock under which things are installed, waiting for another `make` to finish. May be nested."""
    if _holding:
        yield
        return
    path = writable(var() / "run") / "install.lock"
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("· Waiting for another make that is installing …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        _holding.append(True)
        try:
            yield
        finally:
            _holding.clear()


def run_python(*arguments: str | Path) -> list[str | Path]:
    """A command of the project's own Python."""
    return [PYTHON, *arguments]


def succeeds(command: Sequence[str | Path]) -> bool:
    """Whether a short command ends well; says nothing."""
    try:
        return subprocess.run(command, check=False, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
