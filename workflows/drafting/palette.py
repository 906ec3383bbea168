"""What may be put on the canvas: step types, and agents, tools and workflows ready to use. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workflows.drafting.cards import KINDS, Face, Faces, cards_of
from workflows.editing import free_id
from workflows.schema import Definition, parse_definition


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of the palette. `step` is the document of the step that it becomes, without an id."""

    key: str
    group: str
    kind: str
    title: str
    hint: str
    step: dict[str, Any]
    wish: str
    """What the step's id should be like."""
    face: Face | None = None

    def as_json(self) -> dict[str, Any]:
        """What the canvas needs to know of it, the look of a fresh card included."""
        document = {**self.step, "id": self.wish}
        card = cards_of(parse_definition({"steps": [document]}), {})[0]
        return {
            "key": self.key,
            "kind": self.kind,
            "title": self.title,
            "wish": self.wish,
            "step": self.step,
            "rows": [list(row) for row in card.rows],
            "port": card.port,
            "subtitle": self.face.name if self.face else card.subtitle,
        }


def palette(
    faces: Faces,
    tools: Mapping[str, tuple[str, str]],
    workflows: Iterable[tuple[str, str]],
    prompt: str = "${user_input}",
) -> list[Item]:
    """Return everything: agents by slug, tools by slug with title and description, workflows as (slug, name)."""
    others = list(workflows)
    return [
        *_kinds(list(faces), list(tools), [slug for slug, _ in others], prompt),
        *(_agent(slug, face, prompt) for slug, face in faces.items()),
        *(_tool(slug, title, hint) for slug, (title, hint) in tools.items()),
        *(_workflow(slug, name) for slug, name in others),
    ]


def _kinds(agents: list[str], tools: list[str], workflows: list[str], prompt: str) -> Iterable[Item]:
    for kind, (title, hint) in KINDS.items():
        config = _first_config(kind, agents, tools, workflows, prompt)
        if config is not None:
            step = {"type": kind, **({"config": config} if config else {})}
            yield Item(kind, "Steps", kind, title, hint, step, _WISHES.get(kind, kind))


def _first_config(
    kind: str, agents: list[str], tools: list[str], workflows: list[str], prompt: str
) -> dict[str, Any] | None:
    """The least that a step of a kind must say; None where this workspace has nothing that it could name."""
    match kind:
        case "team":
            return {"members": agents[:2], "prompt": prompt} if agents else None
        case "tool":
            return {"tool": tools[0]} if tools else None
        case "workflow":
            return {"workflow": workflows[0]} if workflows else None
        case "agent":
            return {"prompt": prompt}
    return _FIRST_CONFIGS.get(kind, {})


_WISHES = {"input": "form", "loop": "repeat"}
"""Ids for steps whose kind is no good one: `loop` has a meaning of its own in conditions."""

_FIRST_CONFIGS: dict[str, dict[str, Any]] = {
    "condition": {
        "branches": [{"port": "yes", "label": "Yes", "when": {"path": "$.inputs", "op": "exists"}}],
    },
    "approval": {"title": "Please decide"},
    "input": {
        "title": "Please fill in",
        "form": {"type": "object", "properties": {"answer": {"type": "string", "title": "Answer"}}},
    },
    "loop": {"items": []},
    "transform": {"value": ""},
    "wait": {"seconds": 60},
}


def _agent(slug: str, face: Face, prompt: str) -> Item:
    step = {"type": "agent", "name": face.name, "config": {"agent": slug, "prompt": prompt}}
    return Item(f"agent:{slug}", "Agents", "agent", face.name, face.category, step, _id(slug), face)


def _tool(slug: str, title: str, hint: str) -> Item:
    step = {"type": "tool", "name": title, "config": {"tool": slug}}
    return Item(f"tool:{slug}", "Tools", "tool", title, hint, step, _id(slug))


def _workflow(slug: str, name: str) -> Item:
    step = {"type": "workflow", "name": name, "config": {"workflow": slug}}
    return Item(f"workflow:{slug}", "Workflows", "workflow", name, "Run it as a step", step, _id(slug))


def _id(slug: str) -> str:
    return free_id(Definition(), slug)
