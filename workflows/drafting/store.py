"""Putting a draft into its row, with its entry of the log, its audit record and the news."""

from dataclasses import dataclass
from typing import Any

from convergio.audit.changes import assign
from convergio.audit.operations import record
from convergio.errors import Conflict, NotFound
from convergio.live import publish_on_commit, workspace_topic
from convergio.workspaces.actors import Actor
from workflows import documents
from workflows.drafting.patches import Patch, difference
from workflows.models import DraftChange, Workflow


class DraftMoved(Conflict):
    """Somebody else saved this draft in the meantime; load it again and repeat your change."""

    code = "draft_moved"


@dataclass(frozen=True, slots=True)
class Window:
    """The browser window that a request comes from, and which of its requests it is."""

    client: str = ""
    request: int | None = None


NO_WINDOW = Window()


def lock(workflow: Workflow, by: Actor) -> Workflow:
    """Return the workflow's row, locked. Raises NotFound for one of another workspace."""
    rows = Workflow.objects.select_for_update(of=("self",)).select_related("published", "workspace")
    found = rows.filter(pk=workflow.pk, workspace=by.workspace).first()
    if found is None:
        raise NotFound("There is no such workflow in this workspace.")
    return found


def refuse_archived(workflow: Workflow) -> None:
    """Raise Conflict for a workflow that is out of sight."""
    if workflow.archived_at is not None:
        raise Conflict("This workflow is archived; bring it back before you change it.")


def put(
    workflow: Workflow,
    draft: dict[str, Any],
    action: str,
    by: Actor,
    *,
    title: str,
    kind: str = DraftChange.Kind.EDIT,
    window: Window = NO_WINDOW,
    **facts: Any,
) -> DraftChange | None:
    """Save a locked workflow's draft; the entry of the log that this made, or None when nothing changed."""
    patch = difference(workflow.draft, draft)
    if not patch:
        return None
    before, revision = documents.digest(workflow.draft), workflow.draft_revision
    assign(workflow, draft=draft, draft_revision=revision + 1)
    entry = _write_entry(workflow, patch, by, title=title[:200], kind=kind, window=window)
    changes: dict[str, list[Any]] = {name: [None, value] for name, value in facts.items()}
    changes |= {"draft": [before, documents.digest(draft)], "draft_revision": [revision, revision + 1]}
    record(by, action, workflow, changes)
    announce(workflow)
    return entry


def announce(workflow: Workflow) -> None:
    """Tell open pages, once this is committed, that a workflow changed, and to which revision its draft came."""
    news = {"type": "poke", "seq": 0, "about": "workflows", "id": str(workflow.pk)}
    topic = workspace_topic(workflow.workspace_id)
    publish_on_commit(topic, {**news, "revision": workflow.draft_revision})


def _write_entry(
    workflow: Workflow, patch: Patch, by: Actor, *, kind: str, title: str, window: Window
) -> DraftChange:
    if kind == DraftChange.Kind.EDIT:
        undone = workflow.draft_changes.filter(created_by=by.user, state=DraftChange.State.UNDONE)
        undone.update(state=DraftChange.State.DROPPED)
    return DraftChange.objects.create(
        workflow=workflow,
        revision=workflow.draft_revision,
        kind=kind,
        state=DraftChange.State.DONE if kind == DraftChange.Kind.EDIT else DraftChange.State.DROPPED,
        patch=patch,
        created_by=by.user,
        title=title,
        client=window.client,
        request=window.request,
    )
