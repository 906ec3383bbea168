"""Scripts and styles: npm packages when their lock changed, the build when a source changed.

Node 20 or newer comes from the system, or else from a Python package that carries it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess

from convergio.bootstrap import environment, fingerprint
from convergio.bootstrap.steps import ROOT, VENV, Stop, one_at_a_time, quietly, var

STATIC = ROOT / "static"
LOCK = STATIC / "package-lock.json"
DIST = STATIC / "dist"
OLDEST_NODE = 20


def ensure() -> None:
    """Build what is out of date; costs a few milliseconds when nothing is. Raises Stop."""
    with one_at_a_time():
        digest = fingerprint.of_pages()
        stamp = var() / "run" / "assets"
        if stamp.exists() and stamp.read_text() == digest and any(DIST.glob("*")):
            return
        programs = node()
        _packages(programs)
        shutil.rmtree(DIST, ignore_errors=True)
        DIST.mkdir()
        quietly("Building scripts and styles", ["npm", "run", "--silent", "build"], cwd=STATIC, env=programs)
        stamp.write_text(digest)


def _packages(programs: dict[str, str]) -> None:
    stamp = STATIC / "node_modules" / ".installed"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    quietly(
        "Installing packages for scripts and styles", ["npm", "ci", "--no-progress"], cwd=STATIC, env=programs
    )
    stamp.write_text(digest)


def node() -> dict[str, str]:
    """What to add to the environment so that `node` and `npm` are found on the PATH."""
    system = shutil.which("node")
    if system and shutil.which("npm") and _major(system) >= OLDEST_NODE:
        return {}
    environment.ensure(environment.NODE)
    inside = VENV / "bin" / "node"
    if _major(str(inside)) < OLDEST_NODE:
        raise Stop(
            f"Node {OLDEST_NODE} or newer is needed to build the pages. Install it and run this again."
        )
    return {"PATH": f"{inside.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def _major(node: str) -> int:
    try:
        answer = subprocess.run(
            [node, "--version"], check=False, capture_output=True, text=True, timeout=30
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.match(r"v(\d+)", answer)
    return int(found[1]) if found else 0
