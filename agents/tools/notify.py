"""Leaving a message for people."""

import uuid
from typing import Annotated, Any

from pydantic import Field

from agents.models import Notice
from agents.tools.base import ToolContext, ToolError, tool
from convergio.live import publish, workspace_topic
from convergio.threads import in_database
from convergio.workspaces.models import Member


def _save(workspace_id: uuid.UUID, title: str, text: str, to: str, key: str) -> tuple[str, bool]:
    member = _member(workspace_id, to) if to else None
    notice, is_new = Notice.objects.get_or_create(
        dedupe_key=f"tool:{workspace_id}:{key}"[:200],
        defaults={
            "workspace_id": workspace_id,
            "user": member.user if member else None,
            "title": title,
            "text": text,
        },
    )
    return str(notice.pk), is_new


def _member(workspace_id: uuid.UUID, to: str) -> Member:
    email = to.removeprefix("user:").strip().lower()
    members = Member.objects.filter(workspace_id=workspace_id, user__email=email).select_related("user")
    member = members.first()
    if member is None:
        raise ToolError(f"“{email}” is not a member of this workspace.")
    return member


@tool(slug="notify", title="Notify people", permissions=("notify",))
async def notify(
    context: ToolContext,
    title: Annotated[str, Field(min_length=1, max_length=200, description="One line")],
    text: Annotated[str, Field(max_length=5_000)] = "",
    to: Annotated[str, "E-mail address of a member; empty for the whole workspace"] = "",
) -> dict[str, Any]:
    """Leave a message for a member or for everybody in the workspace. Trying again sends nothing twice."""
    key = f"{context.execution_id}:{context.idempotency_key}"
    notice, is_new = await in_database(_save, context.workspace_id, title, text, to, key)
    if is_new:
        await publish(workspace_topic(context.workspace_id), {"type": "poke", "seq": 0, "about": "notices"})
    return {"notice": notice, "to": to or "everybody"}
