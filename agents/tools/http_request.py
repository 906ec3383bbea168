"""Calling another program's API."""

import json
from typing import Annotated, Any, Literal

from agents.tools.base import ToolContext, ToolError, tool
from convergio.http import Answer, fetch

LONGEST = 50_000
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "proxy-authorization"})


def _body(body: Any) -> tuple[bytes | None, dict[str, str]]:
    if body is None:
        return None, {}
    if isinstance(body, str):
        return body.encode(), {"content-type": "text/plain; charset=utf-8"}
    return json.dumps(body).encode(), {"content-type": "application/json"}


def _headers(given: dict[str, str]) -> dict[str, str]:
    wrong = [name for name in given if name.lower() in _OURS or not name.isascii()]
    if wrong:
        raise ToolError(f"The header “{wrong[0]}” cannot be set.")
    if any("\n" in value or "\r" in value for value in given.values()):
        raise ToolError("A header's value must be one line.")
    return {name.lower(): value for name, value in given.items()}


def _content(answer: Answer) -> Any:
    if "json" in answer.content_type and not answer.is_cut:
        try:
            return json.loads(answer.content)
        except ValueError:
            pass
    return answer.text[:LONGEST]


@tool(slug="http_request", title="HTTP request", permissions=("network",), idempotent=False, timeout_s=30)
async def http_request(
    context: ToolContext,
    url: Annotated[str, "Full address, beginning with https://"],
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET",
    headers: Annotated[dict[str, str] | None, "Extra headers"] = None,
    body: Annotated[dict[str, Any] | list[Any] | str | None, "JSON, or text as it is"] = None,
) -> dict[str, Any]:
    """Call an HTTP API and return status, headers and body. A status of 400 or more is an answer, not an error.

    Sends an Idempotency-Key that stays the same when the call is tried again.
    """
    content, described = _body(body)
    sent = {**described, "idempotency-key": context.idempotency_key, **_headers(headers or {})}
    answer = await fetch(url, method=method, headers=sent, content=content)
    shown = {
        name: answer.headers[name] for name in ("content-type", "location", "etag") if name in answer.headers
    }
    return {
        "status": answer.status,
        "ok": answer.status < 400,
        "url": answer.url,
        "headers": shown,
        "body": _content(answer),
        "is_cut": answer.is_cut,
    }
