#!/usr/bin/env python
"""Django's command line. Commands that need services get the embedded ones where no setting names others."""

import os
import signal
import sys
from pathlib import Path

# Ctrl-C while modules are still loading ends the process without a trace.
signal.signal(signal.SIGINT, signal.SIG_DFL)

WITHOUT_SERVICES = {
    "",
    "up",
    "help",
    "version",
    "check",
    "collectstatic",
    "startapp",
    "compilemessages",
    "makemessages",
}


def main() -> None:
    """Run one command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "convergio.settings")
    if sys.argv[1:] == ["up"]:
        from convergio.up import main as up

        sys.exit(up())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asks_for_help = bool({"--help", "-h", "--version"} & set(sys.argv))
    if not asks_for_help and (sys.argv[1:] or [""])[0] not in WITHOUT_SERVICES:
        _join_services()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def _join_services() -> None:
    from convergio.embedded import Trouble, ensure_services

    root = Path(__file__).resolve().parent
    try:
        os.environ.update(ensure_services(Path(os.environ.get("VAR_DIR") or root / "var")))
    except Trouble as trouble:
        sys.exit(str(trouble))


if __name__ == "__main__":
    main()
