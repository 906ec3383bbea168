"""What Celery carries: that there is something to send. Losing a message or getting it twice does no harm."""

from celery import shared_task

from convergio.notifications import outbox


@shared_task  # type: ignore[untyped-decorator]
def deliver() -> None:
    """Send what waits in the outbox."""
    outbox.deliver_due()


def nudge() -> None:
    """Have a worker look into the outbox, when there is something in it."""
    if outbox.is_due():
        deliver.apply_async(expires=5, retry=False)
