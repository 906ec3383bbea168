"""Everything that a run is told from outside: a row in its inbox, committed by whoever posts it, then a nudge.

A lost nudge costs a second: the owner looks at each heartbeat, and the sweep finds what nobody owns.
"""

import logging
import uuid
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import redis
from django.conf import settings
from django.db import transaction

from executions.engine import commands
from executions.engine.state import Usage
from executions.failpoints import passing
from executions.models import Command, Execution
from executions.store import storable

log = logging.getLogger(__name__)


def _child_ended(data: Mapping[str, Any]) -> commands.ChildEnded:
    return commands.ChildEnded(**{**data, "usage": Usage(**data.get("usage", {}))})


def _decided(data: Mapping[str, Any]) -> commands.Decided:
    return commands.Decided(**{**data, "decided_by": tuple(data.get("decided_by", ()))})


def _answered(data: Mapping[str, Any]) -> commands.Answered:
    return commands.Answered(**{**data, "by": tuple(data.get("by", ()))})


KINDS: dict[str, Callable[[Mapping[str, Any]], commands.Command]] = {
    "decided": _decided,
    "answered": _answered,
    "submitted": lambda data: commands.Submitted(**data),
    "received": lambda data: commands.Received(**data),
    "child_ended": _child_ended,
    "cancel": lambda data: commands.Cancel(**data),
    "pause": lambda data: commands.Pause(),
    "resume": lambda data: commands.Resume(),
    "retry": lambda data: commands.RetryFailed(),
}
"""What may be posted, and how its data becomes a command of the engine."""


def post(
    execution_id: uuid.UUID | str, kind: str, data: Mapping[str, Any] | None = None, *, by: Any = None
) -> None:
    """Put something into a run's inbox, in the caller's transaction; its owner hears of it after the commit."""
    KINDS[kind](data or {})
    execution_id = uuid.UUID(str(execution_id))
    Command.objects.create(
        execution_id=execution_id, kind=kind, data=storable(dict(data or {})), posted_by=by
    )
    transaction.on_commit(partial(passing, "inbox.posted"))
    transaction.on_commit(partial(nudge, execution_id))


def nudge(execution_id: uuid.UUID) -> None:
    """Tell the owner of a run to look into its inbox, or have the run claimed when nobody owns it."""
    owner = Execution.objects.filter(pk=execution_id).values_list("owner", flat=True).first()
    if owner:
        _tell(owner, execution_id)
    else:
        send_drive(execution_id)


def send_drive(execution_id: uuid.UUID) -> None:
    """Ask any worker to claim a run. When the broker does not answer, the sweep asks again."""
    from executions.tasks import drive

    try:
        drive.apply_async((str(execution_id),))
    except Exception as error:
        log.warning("no message for run %s could be sent: %s", execution_id, error)


def channel_of(owner: str) -> str:
    """Where a worker listens."""
    return f"runs:{owner}"


def _tell(owner: str, execution_id: uuid.UUID) -> None:
    try:
        _redis().publish(channel_of(owner), str(execution_id))
    except redis.RedisError as error:
        log.warning("no nudge for run %s could be sent: %s", execution_id, error)


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
