"""Write the lock files anew: `make lock`.

`requirements.lock` is what runs, `tests/requirements.lock` what tests and linting need on top. Both pin every
version with hashes and name no index host.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "requirements.lock"
TOOLS = ROOT / "tests" / "requirements.lock"
COMPILE = [
    "--universal", "--python-version", "3.12", "--generate-hashes",
    "--no-emit-index-url", "--no-header", "--no-annotate", "--quiet",
]  # fmt: skip


def entries(lock: str) -> list[str]:
    """The lock's requirements, each with its hash lines."""
    found: list[str] = []
    for line in lock.splitlines(keepends=True):
        if line.startswith((" ", "\t")):
            found[-1] += line
        else:
            found.append(line)
    return found


def compile_lock(*arguments: str) -> str:
    """Resolve pyproject.toml; the answer is the text of a lock file."""
    command: list[str | Path] = [
        ROOT / ".venv/bin/uv",
        "pip",
        "compile",
        "pyproject.toml",
        *COMPILE,
        *arguments,
    ]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def main() -> None:
    RUNTIME.write_text(compile_lock())
    known = set(entries(RUNTIME.read_text()))
    everything = compile_lock("--extra", "dev", "--constraint", str(RUNTIME))
    TOOLS.write_text("".join(entry for entry in entries(everything) if entry not in known))


if __name__ == "__main__":
    main()
