"""What the Makefile calls: `python -m convergio.bootstrap up|test|lint|fmt|bench|chaos|install|clean|reset`.

Runs on a bare Python 3.12; installs what the command needs, then hands over to it.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable

# Ctrl-C while modules are still loading ends the process without a trace.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from convergio.bootstrap import assets, checks, environment, single  # noqa: E402
from convergio.bootstrap.steps import (  # noqa: E402
    PYTHON,
    ROOT,
    VENV,
    Interrupted,
    Stop,
    die_with_make,
    hold_signals,
    interruptible,
    say,
    var,
    writable,
)


def up() -> int:
    """Install, build, then become `manage.py up`."""
    lock = single.claim()
    environment.ensure(environment.RUNTIME)
    assets.ensure()
    os.set_inheritable(lock.fileno(), True)
    os.environ[single.HANDED_OVER] = str(lock.fileno())
    sys.stdout.flush()
    hold_signals()
    os.execv(PYTHON, [str(PYTHON), str(ROOT / "manage.py"), "up"])


def install() -> int:
    """Install everything that running and testing need."""
    environment.ensure(environment.RUNTIME, environment.TOOLS)
    assets.ensure()
    return 0


def clean() -> int:
    """Remove what was installed, built or cached; the data in var/ stays."""
    with single.claim():
        for folder in (
            assets.DIST,
            assets.STATIC / "node_modules",
            var() / "cache",
            var() / "log",
            var() / "static",
        ):
            shutil.rmtree(folder, ignore_errors=True)
        (var() / "run" / "assets").unlink(missing_ok=True)
        shutil.rmtree(VENV, ignore_errors=True)
    say(f"Removed what was installed and built. The data stays in {var()}; `make reset` removes it too.")
    return 0


def reset() -> int:
    """Remove the data as well."""
    clean()
    with single.claim():
        shutil.rmtree(var(), ignore_errors=True)
    say("Removed the data too.")
    return 0


COMMANDS: dict[str, Callable[[], int]] = {
    "up": up,
    "install": install,
    "test": checks.test,
    "lint": checks.lint,
    "fmt": checks.fmt,
    "bench": checks.bench,
    "chaos": checks.chaos,
    "clean": clean,
    "reset": reset,
}


def main() -> int:
    interruptible()
    die_with_make()
    try:
        writable(var() / "run")
        _keep_bytecode()
        return COMMANDS[sys.argv[1]]()
    except Stop as stop:
        say(f"\n{stop}")
        return 1
    except single.AlreadyRuns as runs:
        say(str(runs))
        return 0
    except Interrupted:
        say("\nStopped.")
        return 130


def _keep_bytecode() -> None:
    """Have every process read its modules compiled, and write them where `make clean` finds them.

    Containers often forbid bytecode; without it each of our processes compiles for seconds before it starts.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(var().resolve() / "cache" / "bytecode")


if __name__ == "__main__":
    # The Makefile's shell has nothing to add to an exit code that was explained already.
    sys.exit(main())
