"""Finds what was lost or has become due, once a second. Safe to run twice; one bad row never stops it."""

import logging
from collections.abc import Iterable
from typing import Any

from django.db import connection

from approvals.operations import escalate_due, expire_due, remind_due
from convergio.notifications.tasks import nudge
from executions import statements, suspicion
from executions.failpoints import passing
from executions.inbox import send_drive
from executions.lateness import see_to_late

log = logging.getLogger(__name__)

BATCH = 200
"""Runs of one kind that one sweep sends a message for; the rest is found a second later."""
PATIENCE_S = 1.5
"""How long a message or a nudge may take before it counts as lost."""

SEARCHES = (statements.FREE, statements.DUE, statements.UNREAD, statements.QUEUED)


def sweep_once() -> int:
    """Have every run claimed that needs it; return for how many a message was sent."""
    _guarded("expired requests", expire_due)
    _guarded("reminders", remind_due)
    _guarded("late runs", see_to_late)
    _guarded("escalations", escalate_due)
    _guarded("dead workers", _forget_workers)
    _guarded("outbox", nudge)
    found = dict.fromkeys(one for query in SEARCHES for one in _search(query))
    passing("sweep.found")
    for execution_id in found:
        send_drive(execution_id)
    return len(found)


def _search(query: str) -> Iterable[Any]:
    return _guarded("search", lambda: _ids(query)) or []


def _ids(query: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"limit": BATCH, "patience": PATIENCE_S, **suspicion.schedule()})
        return [row[0] for row in cursor.fetchall()]


def _forget_workers() -> None:
    with connection.cursor() as cursor:
        cursor.execute(statements.FORGET_WORKERS)


def _guarded(what: str, action: Any) -> Any:
    try:
        return action()
    except Exception:
        log.exception("sweep: %s", what)
        return None
