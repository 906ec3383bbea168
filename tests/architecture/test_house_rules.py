"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("agents", "approvals", "convergio", "executions", "workflows")
MOST_LINES = 400


def sources() -> Iterator[Path]:
    for app in APPS:
        yield from (path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)


def function_lengths() -> list[int]:
    trees = (ast.parse(path.read_text()) for path in sources())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = (node for tree in trees for node in ast.walk(tree) if isinstance(node, kinds))
    return sorted((node.end_lineno or node.lineno) - node.lineno + 1 for node in found)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def test_a_file_stays_under_400_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources()}
    assert {path: length for path, length in lengths.items() if length > MOST_LINES} == {}


def test_functions_are_short() -> None:
    lengths = function_lengths()
    assert statistics.median(lengths) <= 8
    assert lengths[int(len(lengths) * 0.9)] <= 30


def test_locks_name_no_host_and_carry_hashes() -> None:
    locks = [path for path in tracked() if path.suffix == ".lock"]
    assert len(locks) >= 4
    for lock in locks:
        text = lock.read_text()
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")


def test_the_lock_of_the_pages_names_no_download_address() -> None:
    assert '"resolved"' not in (ROOT / "static" / "package-lock.json").read_text()


def test_every_dependency_has_its_line_of_reason() -> None:
    reasons = (ROOT / "docs" / "dependencies.md").read_text().lower()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = [re.split(r"[<>=~\[; ]", requirement)[0].lower() for requirement in wanted]
    assert [name for name in names if name not in reasons] == []


def test_no_template_carries_inline_script_or_style() -> None:
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>|<style|\sstyle=\"|\son[a-z]+=\"",
        re.IGNORECASE,
    )
    pages = sorted((ROOT / "templates").rglob("*.html"))
    assert [str(path.relative_to(ROOT)) for path in pages if inline.search(path.read_text())] == []


def test_nothing_is_tracked_that_is_made_by_the_build() -> None:
    made = ("static/dist/", "static/node_modules/", "var/", ".venv/")
    assert [path for path in tracked() if str(path.relative_to(ROOT)).startswith(made)] == []
