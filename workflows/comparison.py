"""What differs between two definitions, as people would say it: steps come, go and change. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

type Document = Mapping[str, Any]
NOT_WORTH_SAYING = frozenset({"position"})


def compare(old: Document, new: Document) -> dict[str, Any]:
    """Return the differences: steps {added, removed, changed}, edges {added, removed}, and settings."""
    before, after = _steps(old), _steps(new)
    return {
        "steps": {
            "added": [after[name] for name in after if name not in before],
            "removed": [before[name] for name in before if name not in after],
            "changed": [
                {"id": name, "changes": changes}
                for name in after
                if name in before and (changes := list(differences(before[name], after[name])))
            ],
        },
        "edges": {
            "added": [edge for edge in _edges(new) if edge not in _edges(old)],
            "removed": [edge for edge in _edges(old) if edge not in _edges(new)],
        },
        "settings": list(differences(_settings(old), _settings(new))),
    }


def marks(found: Mapping[str, Any]) -> dict[str, str]:
    """Return what became of each step that differs, by its id: added, removed or changed."""
    kinds = found["steps"].items()
    return {step["id"]: kind for kind, steps in kinds for step in steps}


def differences(old: Any, new: Any, place: str = "") -> Iterator[dict[str, Any]]:
    """Yield {place, old, new} for every value that differs; objects are entered, lists are compared whole."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            if place or key not in NOT_WORTH_SAYING:
                yield from differences(old.get(key), new.get(key), f"{place}.{key}".lstrip("."))
    elif old != new:
        yield {"place": place, "old": old, "new": new}


def _steps(document: Document) -> dict[str, Any]:
    return {step["id"]: step for step in document.get("steps", ())}


def _edges(document: Document) -> list[dict[str, Any]]:
    return [{"port": "done", **edge} for edge in document.get("edges", ())]


def _settings(document: Document) -> dict[str, Any]:
    settings = {key: value for key, value in document.items() if key not in ("steps", "edges")}
    return {**settings, "notes": {note["id"]: note.get("text", "") for note in document.get("notes", ())}}
