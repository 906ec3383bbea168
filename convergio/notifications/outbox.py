"""Sends what waits in the outbox: claimed before it is tried, tried again later and later, sent once.

Who dies between sending and saying so leaves a delivery that is sent again, under the same number, once its claim has
run out; a mail server or chat tells the two apart by that number.
"""

import logging
import smtplib
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from convergio.errors import ConvergioError
from convergio.notifications import chat, letters
from convergio.notifications.models import Channel, Delivery, DeliveryStatus

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
FIRST_PAUSE_S = 10
"""Before attempt n+1 a delivery waits 10 s * 3 ** (n-1): about three hours in all."""
CLAIM_S = 90
"""How long somebody who took a delivery has to say what came of it; longer than any server may take."""
PATIENCE_S = 40.0
"""How long one call goes on sending."""

_one_at_a_time = threading.Lock()


class Unwanted(Exception):
    """The other side will never take this, however often it is sent."""


def pause(attempts: int) -> timedelta | None:
    """Return how long to wait after so many attempts that failed; None when it was the last."""
    return None if attempts >= MOST_ATTEMPTS else timedelta(seconds=FIRST_PAUSE_S * 3 ** (attempts - 1))


def is_due() -> bool:
    """Tell whether something waits to be sent now."""
    return Delivery.objects.filter(status=DeliveryStatus.WAITING, next_at__lte=timezone.now()).exists()


def deliver_due(*, most: int = 100) -> int:
    """Try everything that is due, one after the other; return how many were tried.

    Only one thread of a process sends, so that a slow mail server holds up nothing else.
    """
    if not _one_at_a_time.acquire(blocking=False):
        return 0
    try:
        started, tried = time.monotonic(), 0
        while tried < most and time.monotonic() - started < PATIENCE_S and (row := _claim(timezone.now())):
            attempt(row)
            tried += 1
        return tried
    finally:
        _one_at_a_time.release()


@transaction.atomic
def _claim(now: datetime) -> Delivery | None:
    due = Delivery.objects.filter(status=DeliveryStatus.WAITING, next_at__lte=now).order_by("next_at", "id")
    row = due.select_for_update(skip_locked=True).first()
    if row is not None:
        row.attempts += 1
        row.next_at = now + timedelta(seconds=CLAIM_S)
        row.save(update_fields=["attempts", "next_at"])
    return row


def attempt(row: Delivery) -> None:
    """Try to send one delivery and write down what came of it. Never raises for what the other side does."""
    try:
        WAYS[Channel(row.channel)](row)
    except letters.NotNeeded:
        _end(row, DeliveryStatus.DROPPED)
    except Unwanted as error:
        _end(row, DeliveryStatus.FAILED, str(error))
    except ConvergioError as error:
        _postpone(row, error.sentence)
    except (OSError, smtplib.SMTPException) as error:
        _postpone(row, f"{type(error).__name__}: {error}")
    except Exception as error:
        log.exception("delivery %s cannot be made", row.pk)
        _postpone(row, type(error).__name__)
    else:
        _end(row, DeliveryStatus.SENT)


def _mail(row: Delivery) -> None:
    news = row.notification
    if news is None or not news.user.is_active or not _belongs(row):
        raise letters.NotNeeded
    message, shown = letters.mail(row, news)
    row.subject, row.text = message.subject[:200], shown
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if codes and all(code >= 500 for code in codes):
            raise Unwanted(f"The mail server refuses this address ({codes[0]}).") from error
        raise


def _belongs(row: Delivery) -> bool:
    """Whether the person is still in the workspace that the news is of."""
    news = row.notification
    return news is not None and news.workspace.members.filter(user=news.user).exists()


def _message(row: Delivery) -> None:
    hook = row.webhook
    if hook is None or not hook.is_active:
        raise letters.NotNeeded
    answer = chat.send(hook, row.payload, str(row.pk))
    if 200 <= answer.status < 300:
        return
    sentence = f"{chat.host_of(hook.url)} answered {answer.status}."
    if 400 <= answer.status < 500 and answer.status not in (408, 425, 429):
        raise Unwanted(sentence)
    raise OSError(sentence)


WAYS: dict[Channel, Callable[[Delivery], None]] = {Channel.EMAIL: _mail, Channel.WEBHOOK: _message}


def _end(row: Delivery, status: DeliveryStatus, error: str = "") -> None:
    row.status, row.error = status, error[:500]
    row.sent_at = timezone.now() if status == DeliveryStatus.SENT else None
    row.save(update_fields=["status", "error", "sent_at", "subject", "text"])


def _postpone(row: Delivery, error: str) -> None:
    wait = pause(row.attempts)
    if wait is None:
        _end(row, DeliveryStatus.FAILED, error)
        return
    row.error, row.next_at = error[:500], timezone.now() + wait
    row.save(update_fields=["error", "next_at"])
