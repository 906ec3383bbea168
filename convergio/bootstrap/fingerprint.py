"""Digests that tell whether something must be done again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from convergio.bootstrap.steps import ROOT

APPS = ("agents", "approvals", "convergio", "executions", "workflows")
PAGES = ("templates/**/*.html", "static/**/*")
NOT_SOURCES = {"node_modules", "dist", "img", "__pycache__"}


def of_code() -> str:
    """What the database's tables and first content follow from: the code and the documents beside it."""
    return _digest(
        _files(f"{app}/**/*.{ending}" for app in APPS for ending in ("py", "json", "md", "yaml", "toml"))
    )


def of_everything() -> str:
    """The code, the pages and the packages they stand on."""
    return of_code() + of_pages() + _digest([ROOT / "requirements.lock"])


def of_pages() -> str:
    """What scripts and styles are built from; Python and JSON count because they name classes and icons."""
    return _digest(_files((*PAGES, *(f"{app}/**/*.{ending}" for app in APPS for ending in ("py", "json")))))


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(os.fsencode(path.relative_to(ROOT)))
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(patterns: Iterable[str]) -> Iterator[Path]:
    for pattern in patterns:
        found = (path for path in ROOT.glob(pattern) if not NOT_SOURCES & set(path.relative_to(ROOT).parts))
        yield from sorted(path for path in found if path.is_file())
