"""What a page needs to know after a draft went on: the cards, lines and findings that it should show now."""

from typing import Any

from django.template.loader import render_to_string

from agents import queries as agents
from convergio.errors import InvalidInput
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Workspace
from workflows import documents, queries
from workflows.drafting.cards import EditorCard, Face, Faces, cards_of
from workflows.drafting.operations import to_redo, to_undo
from workflows.drafting.patches import Patch
from workflows.drafting.placing import unplaced_levels
from workflows.graph import Graph
from workflows.models import Workflow
from workflows.schema import Definition, StepId, dump_definition, parse_definition


def news_since(workflow: Workflow, revision: int, by: Actor, *, title: str = "") -> dict[str, Any]:
    """Return everything that changed since a revision, for a page that shows that revision."""
    if not 0 <= revision <= workflow.draft_revision:
        raise InvalidInput(f"There is no revision {revision} of this draft.")
    definition = parse_definition(workflow.draft)
    entries = workflow.draft_changes.filter(revision__gt=revision).order_by("revision")
    patches = list(entries.values_list("patch", flat=True))
    moved, changed = _steps_of(patches, definition)
    there = {step.id for step in definition.steps}
    shown = cards_of(definition, faces(workflow.workspace), frozenset(changed & there))
    return {
        **standing(workflow, definition, by),
        "title": title,
        "cards": {card.id: card_html(card) for card in shown},
        "gone": sorted(changed - there),
        "places": _places(definition, ((moved | _unplaced(definition)) - changed) & there) if patches else {},
        "documents": _documents(definition, (changed | moved) & there),
    }


def standing(workflow: Workflow, definition: Definition, by: Actor) -> dict[str, Any]:
    """Return how a draft stands: what a page is told with every answer."""
    undone, redone = to_undo(workflow, by), to_redo(workflow, by)
    found = queries.check(workflow.draft, workflow.workspace, slug=workflow.slug)
    published = workflow.published
    is_changed = published is None or published.digest != documents.digest(workflow.draft)
    return {
        "revision": workflow.draft_revision,
        "undo": undone.title if undone else None,
        "redo": redone.title if redone else None,
        "findings": [one.as_json() for one in found],
        "edges": [edge.model_dump() for edge in definition.edges],
        "notes": [note.model_dump(mode="json") for note in definition.notes],
        "order": [step.id for step in definition.steps],
        "facts": {"is_changed": is_changed, "can_publish": is_changed and not queries.errors(found)},
    }


def card_html(card: EditorCard) -> str:
    """Return a card as the canvas adopts it."""
    return render_to_string("workflows/editor/_card.html", {"card": card})


def faces(workspace: Workspace) -> Faces:
    """Return how each agent that may be named is shown, by slug."""
    rows = agents.active_agents(workspace).values_list("slug", "name", "icon", "category")
    return {slug: Face(name, icon, category) for slug, name, icon, category in rows}


def tools(workspace: Workspace) -> dict[str, tuple[str, str]]:
    """Return the title and the description of each tool that may be called, by slug."""
    return {tool.slug: (tool.title, tool.description) for tool in agents.enabled_tools(workspace)}


def _steps_of(patches: list[Patch], definition: Definition) -> tuple[set[StepId], set[StepId]]:
    """The steps that only moved, and those that changed in another way; also those that are gone."""
    moved, changed = set[StepId](), set[StepId]()
    for patch in patches:
        if "whole" in patch:
            sides = (*patch["whole"]["old"].get("steps", ()), *patch["whole"]["new"].get("steps", ()))
            changed |= {step["id"] for step in sides}
        changed |= {step["id"] for key in ("added", "removed") for _, step in patch.get(key, ())}
        for step, keys in patch.get("changed", {}).items():
            (moved if set(keys) == {"position"} else changed).add(step)
    return moved, changed


def _unplaced(definition: Definition) -> set[StepId]:
    """Steps that the picture arranges: they move whenever anything changes."""
    levels = unplaced_levels(Graph.of(definition))
    return {step.id for step in definition.steps if step.parent in levels}


def _places(definition: Definition, chosen: set[StepId]) -> dict[StepId, list[float]]:
    """Where steps are now. One at the corner of a level that nobody placed lies where it is seen."""
    cards = cards_of(definition, {}, frozenset(chosen))
    return {card.id: [card.x, card.y] for card in cards}


def _documents(definition: Definition, chosen: set[StepId]) -> dict[StepId, dict[str, Any]]:
    written = dump_definition(definition).get("steps", ())
    return {step["id"]: step for step in written if step["id"] in chosen}
