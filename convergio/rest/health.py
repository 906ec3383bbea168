"""Is it alive, and does everything that it leans on answer?"""

import time
from collections.abc import Callable
from typing import Any

import httpx2
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest
from ninja import Router, Schema, Status

from convergio import __version__
from convergio.errors import ConvergioError
from convergio.rest.auth import actor_of
from convergio.workspaces.permissions import Permission

router = Router(tags=["Health"])


class Alive(Schema):
    """The web process answers."""

    status: str
    version: str


class Part(Schema):
    """One service: whether it answers, and how fast in milliseconds. Without a needed one no run goes on."""

    name: str
    needed: bool
    ok: bool
    ms: float
    problem: str = ""


class Health(Alive):
    """Everything that a run needs."""

    parts: list[Part]


@router.get("/health", response=Alive, auth=None)
def alive(request: HttpRequest) -> Any:
    """The web process answers. Needs no sign-in."""
    return {"status": "ok", "version": __version__}


@router.get("/health/details", response={200: Health, 503: Health})
def details(request: HttpRequest) -> Any:
    """Each service that a run needs; 503 when one that is needed does not answer."""
    actor_of(request).require(Permission.VIEW)
    parts = [_part(name, *check) for name, check in CHECKS.items()]
    well = all(part["ok"] for part in parts)
    works = all(part["ok"] for part in parts if part["needed"])
    body = {"status": "ok" if well else "degraded", "version": __version__, "parts": parts}
    return Status(200 if works else 503, body)


def _part(name: str, ask: Callable[[], object], needed: bool) -> dict[str, Any]:
    started, problem = time.perf_counter(), ""
    try:
        ask()
    except ConvergioError as error:
        problem = error.sentence
    except Exception as error:
        problem = type(error).__name__
    took = round((time.perf_counter() - started) * 1000, 2)
    return {"name": name, "needed": needed, "ok": not problem, "ms": took, "problem": problem}


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_cache() -> None:
    cache.set("health", 1, timeout=5)


def _ask_model_server() -> None:
    httpx2.get(f"{settings.MODEL_SERVER_URL}/models", timeout=2).raise_for_status()


type Check = tuple[Callable[[], object], bool]
"""Raises when the service does not answer; and whether runs need it."""

CHECKS: dict[str, Check] = {
    "database": (_ask_database, True),
    "redis": (_ask_cache, True),
    "embedded model": (_ask_model_server, False),
}
"""Apps above add theirs when the API is put together."""
