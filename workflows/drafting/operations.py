"""Changing a draft by hand: one request is one transaction, one revision, one entry of the log, one undo."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from convergio.errors import Conflict, InvalidInput
from convergio.workspaces.actors import Actor
from convergio.workspaces.permissions import Permission
from workflows import documents
from workflows.drafting import store
from workflows.drafting.changes import read_changes
from workflows.drafting.commands import Refused, changed
from workflows.drafting.patches import Overtaken, Place, difference, meeting, patched, touched, turned
from workflows.drafting.store import NO_WINDOW, Window
from workflows.drafting.titles import title_of
from workflows.models import DraftChange, Workflow
from workflows.schema import Definition, dump_definition, parse_definition


@dataclass(frozen=True, slots=True)
class Applied:
    """A draft after a change. `title` says in words what was done; "" when nothing changed."""

    workflow: Workflow
    revision: int
    before: Definition
    after: Definition
    title: str


class Clash(Conflict):
    """Somebody else changed the same steps in the meantime."""

    code = "draft_clash"

    def __init__(self, sentence: str, *, theirs: dict[str, Any], revision: int, who: str) -> None:
        super().__init__(sentence)
        self.theirs = theirs
        """The steps as they are now, by id; None for one that is gone."""
        self.revision = revision
        self.who = who


class NothingToUndo(Conflict):
    """There is nothing of yours left to undo."""

    code = "nothing_to_undo"


class NothingToRedo(Conflict):
    """There is nothing of yours left to redo."""

    code = "nothing_to_redo"


@transaction.atomic
def apply(
    workflow: Workflow,
    changes: Iterable[Mapping[str, Any]],
    *,
    revision: int,
    by: Actor,
    window: Window = NO_WINDOW,
    title: str = "",
) -> Applied:
    """Apply changes made on `revision` of the draft, all or none; a later draft is merged where others were changed.

    What a window sends a second time, because it did not hear the answer, is done once. Raises InvalidInput for a
    change that cannot be made, and Clash when somebody else changed the same in the meantime.
    """
    by.require(Permission.BUILD)
    read = read_changes(changes)
    locked = store.lock(workflow, by)
    store.refuse_archived(locked)
    others = _others_since(locked, revision, window.client)
    if _was_heard(locked, window):
        return _unchanged(locked)
    before = parse_definition(locked.draft)
    try:
        after = changed(before, read)
    except Refused as refused:
        raise _overtaken(refused, locked, read, others) from None
    draft = documents.canonical(dump_definition(after))
    _refuse_clash(locked, draft, others)
    title = title or title_of(read, before, after)
    entry = store.put(locked, draft, "workflow.change_draft", by, title=title, window=window)
    return _applied(locked, before, entry)


def undo(workflow: Workflow, *, by: Actor, window: Window = NO_WINDOW) -> Applied:
    """Take back the newest of one's own entries that stands. Raises NothingToUndo, or Clash where others went on."""
    return _again(workflow, by, window, DraftChange.Kind.UNDO)


def redo(workflow: Workflow, *, by: Actor, window: Window = NO_WINDOW) -> Applied:
    """Do again what one undid last. Raises NothingToRedo, or Clash where others went on."""
    return _again(workflow, by, window, DraftChange.Kind.REDO)


def to_undo(workflow: Workflow, by: Actor) -> DraftChange | None:
    """Return the entry that “Undo” would take back."""
    own = workflow.draft_changes.filter(created_by=by.user, state=DraftChange.State.DONE)
    return own.order_by("-revision").first()


def to_redo(workflow: Workflow, by: Actor) -> DraftChange | None:
    """Return the entry that “Redo” would do again."""
    own = workflow.draft_changes.filter(created_by=by.user, state=DraftChange.State.UNDONE)
    return own.order_by("revision").first()


def _was_heard(workflow: Workflow, window: Window) -> bool:
    if not window.client or window.request is None:
        return False
    return workflow.draft_changes.filter(client=window.client, request=window.request).exists()


@transaction.atomic
def _again(workflow: Workflow, by: Actor, window: Window, kind: DraftChange.Kind) -> Applied:
    by.require(Permission.BUILD)
    locked = store.lock(workflow, by)
    store.refuse_archived(locked)
    if _was_heard(locked, window):
        return _unchanged(locked)
    undoes = kind == DraftChange.Kind.UNDO
    entry = to_undo(locked, by) if undoes else to_redo(locked, by)
    if entry is None:
        raise NothingToUndo if undoes else NothingToRedo
    made = _replay(locked, entry, by, kind=kind, window=window)
    entry.state = DraftChange.State.UNDONE if undoes else DraftChange.State.DONE
    entry.save(update_fields=["state"])
    return made


def _replay(workflow: Workflow, entry: DraftChange, by: Actor, *, kind: str, window: Window) -> Applied:
    undoes = kind == DraftChange.Kind.UNDO
    patch, word = (turned(entry.patch), "Undo") if undoes else (entry.patch, "Redo")
    before = parse_definition(workflow.draft)
    try:
        draft = documents.canonical(patched(workflow.draft, patch))
    except Overtaken as overtaken:
        raise _clash(workflow, overtaken.places, _later(workflow, entry), f"{word} “{entry.title}”") from None
    title = f"{word}: {entry.title}"
    made = store.put(workflow, draft, "workflow.change_draft", by, title=title, kind=kind, window=window)
    return _applied(workflow, before, made, title)


def _unchanged(workflow: Workflow) -> Applied:
    draft = parse_definition(workflow.draft)
    return Applied(workflow, workflow.draft_revision, draft, draft, "")


def _applied(workflow: Workflow, before: Definition, entry: DraftChange | None, title: str = "") -> Applied:
    after = parse_definition(workflow.draft)
    return Applied(workflow, workflow.draft_revision, before, after, entry.title if entry else title)


# Two people at one draft.


def _others_since(workflow: Workflow, revision: int, client: str) -> list[DraftChange]:
    if revision > workflow.draft_revision or revision < 0:
        raise InvalidInput(
            f"There is no revision {revision} of this draft; it is at {workflow.draft_revision}."
        )
    if revision == workflow.draft_revision:
        return []
    later = workflow.draft_changes.filter(revision__gt=revision).select_related("created_by")
    later = later.exclude(client=client) if client else later
    return list(later.order_by("revision"))


def _later(workflow: Workflow, entry: DraftChange) -> list[DraftChange]:
    later = workflow.draft_changes.filter(revision__gt=entry.revision).exclude(created_by=entry.created_by)
    return list(later.select_related("created_by").order_by("revision"))


def _refuse_clash(workflow: Workflow, draft: dict[str, Any], others: list[DraftChange]) -> None:
    mine = touched(difference(workflow.draft, draft)) if others else frozenset()
    places = meeting(mine, (place for other in others for place in touched(other.patch)))
    if places:
        raise _clash(workflow, places, others, "Your change")


def _overtaken(
    refused: Refused, workflow: Workflow, changes: Iterable[Any], others: list[DraftChange]
) -> InvalidInput | Clash:
    """A refusal because of what somebody else did is a clash."""
    theirs = {step for other in others for step, _ in touched(other.patch)}
    named = _named([change.model_dump(mode="json") for change in changes])
    places = {(step, "") for step in theirs & named}
    return _clash(workflow, places, others, refused.sentence.rstrip(".")) if places else refused


def _named(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return set().union(*map(_named, inner))


def _clash(workflow: Workflow, places: Iterable[Place], others: list[DraftChange], what: str) -> Clash:
    steps = {step["id"]: step for step in workflow.draft.get("steps", ())}
    named = {step for step, _ in places if step}
    who = next((str(one.created_by) for one in reversed(others) if one.created_by), "Somebody else")
    titles = ", ".join(f"“{_title(steps.get(step), step)}”" for step in sorted(named)[:3]) or "the same"
    return Clash(
        f"{what}: {who} changed {titles} in the meantime. Nothing was overwritten.",
        theirs={step: steps.get(step) for step in sorted(named)},
        revision=workflow.draft_revision,
        who=who,
    )


def _title(step: dict[str, Any] | None, step_id: str) -> str:
    return (step or {}).get("name") or step_id.replace("_", " ").capitalize()
