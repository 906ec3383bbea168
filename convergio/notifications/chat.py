"""Messages to chats: JSON as Slack reads it, signed, through the guarded client.

Each request carries `X-Convergio-Timestamp` (seconds since 1970) and `X-Convergio-Signature`: `v1=` and the
hexadecimal HMAC-SHA256 of `<timestamp>.<body>` with the webhook's secret.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from convergio.errors import ConvergioError
from convergio.http import Answer, fetch
from convergio.notifications.models import Webhook

TIMEOUT_S = 10.0


def message(
    *,
    kind: str,
    title: str,
    body: str = "",
    facts: Sequence[tuple[str, str]] = (),
    path: str = "",
    workspace: str = "",
) -> dict[str, Any]:
    """Return a message: text for notices, blocks for the chat, and plain fields for programs."""
    url = f"{settings.PUBLIC_URL}{path}" if path else ""
    blocks: list[dict[str, Any]] = [_section(f"*{_escaped(title)}*")]
    if body:
        blocks.append(_section(_escaped(body[:2500])))
    if facts:
        blocks.append(
            {"type": "section", "fields": [_markdown(f"*{n}*\n{_escaped(v)}") for n, v in facts[:10]]}
        )
    if url:
        button = {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": url}
        blocks.append({"type": "actions", "elements": [button]})
    plain = {"kind": kind, "title": title, "body": body[:2500], "url": url, "facts": dict(facts)}
    text = _escaped(f"{workspace}: {title}" if workspace else title)
    return {"text": text, "blocks": blocks, "convergio": plain}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _markdown(text)}


def _markdown(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text[:3000]}


def _escaped(text: str) -> str:
    """What would be read as a command or a link to everybody is shown as it is written."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return what a receiver works out as well, to know that a message is ours."""
    signed = f"{timestamp}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def send(hook: Webhook, payload: dict[str, Any], delivery: str) -> Answer:
    """Send a message. Raises OutboundRefused and OutboundFailed; the caller judges the answer."""
    body, now = json.dumps(payload, ensure_ascii=False).encode(), int(time.time())
    headers = {
        "content-type": "application/json; charset=utf-8",
        "x-convergio-delivery": delivery,
        "x-convergio-timestamp": str(now),
        "x-convergio-signature": signature(hook.secret, now, body),
    }
    return asyncio.run(
        fetch(hook.url, method="POST", headers=headers, content=body, timeout_s=TIMEOUT_S, max_bytes=10_000)
    )


def host_of(url: str) -> str:
    """Return the host of an address: as much of it as may be shown."""
    return urlsplit(url).hostname or "nowhere"


def try_out(hook: Webhook, workspace: str, who: str) -> str:
    """Send a test and return a sentence about what came back."""
    payload = message(
        kind="test",
        title="This is a test",
        body=f"{who} tried the webhook “{hook.name}”. It works.",
        path="/",
        workspace=workspace,
    )
    try:
        answer = send(hook, payload, "test")
    except ConvergioError as error:
        return error.sentence
    if 200 <= answer.status < 300:
        return f"{host_of(hook.url)} took the message ({answer.status})."
    return f"{host_of(hook.url)} refused the message: it answered {answer.status}."
