"""Who has a draft open now. Kept in the cache alone: when it is lost, all are back within seconds."""

import time
from typing import Any

from django.core.cache import cache

from convergio.live import publish_on_commit, workspace_topic
from convergio.workspaces.actors import Actor
from workflows.models import Workflow

GONE_AFTER_S = 40
"""Pages say every 15 seconds that they are open."""


def be_here(workflow: Workflow, by: Actor, step: str, *, now: float | None = None) -> list[dict[str, Any]]:
    """Note that somebody looks at a draft, at a step maybe, and return the others."""
    now = time.time() if now is None else now
    key, me = f"draft-people:{workflow.pk}", str(by.user.pk) if by.user else ""
    people = {who: one for who, one in (cache.get(key) or {}).items() if now - one["at"] < GONE_AFTER_S}
    is_news = people.get(me, {}).get("step") != step
    people[me] = {"name": by.label, "initials": by.user.initials if by.user else "", "step": step, "at": now}
    cache.set(key, people, GONE_AFTER_S)
    if is_news:
        _announce(workflow)
    shown = ("name", "initials", "step")
    return [{name: one[name] for name in shown} for who, one in people.items() if who != me]


def _announce(workflow: Workflow) -> None:
    news = {"type": "poke", "seq": 0, "about": "people", "id": str(workflow.pk)}
    publish_on_commit(workspace_topic(workflow.workspace_id), news)
