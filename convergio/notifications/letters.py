"""E-mails: what they say, as HTML and as text.

The app that news is about may write its letter: it registers a writer for the first word of `about`. A letter is
written when it is sent and not before, so that a secret link in it is stored nowhere.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from convergio.notifications.models import Delivery, Notification

HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Button:
    """A link of a letter; its address is complete."""

    label: str
    url: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said beyond the news itself. `secrets` are parts of the links that nobody else may see."""

    facts: tuple[tuple[str, str], ...] = ()
    text: str = ""
    buttons: tuple[Button, ...] = ()
    note: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)


class NotNeeded(Exception):
    """What a letter is about needs nobody any more, so it is not sent."""


type Writer = Callable[[Notification], Letter]
"""Writes the letter for some news. Raises NotNeeded."""

_writers: dict[str, Writer] = {}


def register(about: str, writer: Writer) -> None:
    """Have letters about some things (`request`) written by the app that knows them."""
    _writers[about] = writer


def write(news: Notification) -> Letter:
    """Return the letter for some news. Raises NotNeeded when nobody has to read it any more."""
    writer = _writers.get(news.about.partition(":")[0])
    return writer(news) if writer is not None else _plain(news)


def _plain(news: Notification) -> Letter:
    button = (Button("Open", f"{settings.PUBLIC_URL}{news.url}", "main"),) if news.url else ()
    return Letter(text=news.body, buttons=button)


def mail(delivery: Delivery, news: Notification) -> tuple[EmailMultiAlternatives, str]:
    """Return a mail and what may be shown of its text. Raises NotNeeded."""
    letter = write(news)
    facts = {
        "news": news,
        "letter": letter,
        "workspace": news.workspace.name,
        "settings_url": f"{settings.PUBLIC_URL}{reverse('notification_preferences')}",
    }
    text = re.sub(r"\n{3,}", "\n\n", render_to_string("notifications/letter.txt", facts)).strip() + "\n"
    message = EmailMultiAlternatives(
        subject=" ".join(f"[{news.workspace.name}] {news.title}".split())[:200],
        body=text,
        to=[delivery.recipient],
        headers=_headers(delivery, news),
    )
    message.attach_alternative(render_to_string("notifications/letter.htm", facts), "text/html")
    return message, _without(text, letter.secrets)


def _headers(delivery: Delivery, news: Notification) -> dict[str, str]:
    """A mail that is sent twice has the same id, and those about one thing are shown together."""
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    thread = re.sub(r"[^\w-]+", ".", news.about or str(news.pk))
    return {
        "Message-ID": f"<{delivery.pk}@{host}>",
        "References": f"<{thread}@{host}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }


def _without(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text
