"""What Celery carries: ids only. Losing a message or getting it twice does no harm."""

import uuid

from celery import shared_task


@shared_task  # type: ignore[untyped-decorator]
def drive(execution_id: str) -> None:
    """Have this process claim a run and live with it; returns at once."""
    from executions.worker import current

    current().take(uuid.UUID(execution_id))


@shared_task  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Find what was lost or has become due; safe to run at any time, and twice."""
    from executions.sweep import sweep_once

    sweep_once()
