"""What changed between two definitions, as people say it to each other. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from workflows.comparison import compare
from workflows.panels.kinds.plain import duration_text
from workflows.panels.kinds.values import text_of
from workflows.panels.layouts import label_of

type Document = Mapping[str, Any]

MOST_SHOWN: Final = 80
"""Characters of a value within a sentence."""


@dataclass(frozen=True, slots=True)
class Said:
    """One change in words. kind: added, removed, changed or line; `step` is the id of the step it is about."""

    kind: str
    sentence: str
    step: str = ""


def changes_in_words(old: Document, new: Document) -> list[Said]:
    """Everything that differs, steps first. Where things lie on the canvas is not worth a word."""
    found = compare(old, new)
    titles = {step["id"]: _title(step) for document in (old, new) for step in document.get("steps", ())}
    kinds = {step["id"]: str(step.get("type")) for step in new.get("steps", ())}
    return [
        *(Said("added", f"{_title(one)} was added.", one["id"]) for one in found["steps"]["added"]),
        *(Said("removed", f"{_title(one)} was removed.") for one in found["steps"]["removed"]),
        *(
            Said("changed", f"{titles[one['id']]}: {sentence}", one["id"])
            for one in found["steps"]["changed"]
            for sentence in _changes(kinds[one["id"]], one["changes"])
        ),
        *(Said("line", f"{_line(one, titles)} was drawn.") for one in found["edges"]["added"]),
        *(Said("line", f"{_line(one, titles)} was taken away.") for one in found["edges"]["removed"]),
        *(Said("changed", f"Workflow: {one}") for one in _settings(found["settings"])),
    ]


def _changes(kind: str, changes: list[dict[str, Any]]) -> Iterator[str]:
    for label, old, new in _by_label(kind, changes):
        if old is None:
            yield f"{label} is set to {_value(label, new)}."
        elif new is None:
            yield f"{label} is no longer set."
        elif _is_short(old) and _is_short(new):
            yield f"{label} is {_value(label, new)} (was {_value(label, old)})."
        else:
            yield f"{label} was rewritten."


def _by_label(kind: str, changes: list[dict[str, Any]]) -> Iterator[tuple[str, Any, Any]]:
    """Each label once, however many values under it differ."""
    seen: dict[str, list[dict[str, Any]]] = {}
    for one in changes:
        seen.setdefault(label_of(kind, one["place"]), []).append(one)
    for label, ones in seen.items():
        only = len(ones) == 1
        yield label, ones[0]["old"] if only else "", ones[0]["new"] if only else [ones]


def _settings(changes: list[dict[str, Any]]) -> Iterator[str]:
    parts = dict.fromkeys(one["place"].split(".")[0] for one in changes)
    for part in parts:
        yield {
            "inputs": "its inputs changed.",
            "outputs": "its outputs changed.",
            "notes": "its sticky notes changed.",
        }.get(part, f"its {part} changed.")


def _line(edge: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    ends = [titles.get(edge[end], f"“{edge[end]}”") for end in ("source", "target")]
    port = "" if edge["port"] == "done" else f" ({edge['port']})"
    return f"The line from {ends[0]}{port} to {ends[1]}"


def _title(step: Mapping[str, Any]) -> str:
    name = step.get("name") or str(step["id"]).replace("_", " ").capitalize()
    return f"“{name}”"


def _is_short(value: Any) -> bool:
    return not isinstance(value, dict | list) and len(str(value)) <= MOST_SHOWN


def _value(label: str, value: Any) -> str:
    if not _is_short(value):
        return "something new"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return duration_text(value) if label in _TIMES else text_of(value)
    return f"“{value}”"


_TIMES: Final = frozenset(
    {
        "Give up after",
        "First pause",
        "Longest pause",
        "Time at most",
        "Due after",
        "Expires after",
        "Approved by itself after",
        "Should be begun with after",
        "Reminder, before it is due",
        "When nobody has answered after",
    }
)
