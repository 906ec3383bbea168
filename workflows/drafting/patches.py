"""What a change did to a draft, small enough to keep for ever, and the way back. Pure.

A patch names only what differs: values of steps by key (those of the config one by one), edges and settings. It is
applied to a later draft as well, as long as the values that it replaces are still those it knew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

type Document = Mapping[str, Any]
type Patch = dict[str, Any]
"""added, removed: [index, step] · changed: {id: {key: {old, new}}} · edges_added, edges_removed: [index, edge] ·
settings: {key: {old, new}} · order, edge_order: {old, new} · whole: {old, new}. Without `old` there was nothing."""
type Place = tuple[str, str]
"""A step's id and a key of it, "" for the step as such; settings have the id ""."""

QUIET_KEYS = frozenset({"position"})
"""Keys for which the later of two people simply wins."""


class Overtaken(Exception):
    """A patch meets values that it does not know; `places` says where."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.places = frozenset(places)
        super().__init__(", ".join(sorted({step for step, _ in self.places})))


def difference(before: Document, after: Document) -> Patch:
    """Return what turns one document into the other; empty when they are the same."""
    if before == after:
        return {}
    if _has_twins(before) or _has_twins(after):
        return {"whole": {"old": dict(before), "new": dict(after)}}
    old, new = _steps(before), _steps(after)
    edges = [_edges(before), _edges(after)]
    patch: Patch = {
        "removed": [[n, one] for n, one in enumerate(old.values()) if one["id"] not in new],
        "added": [[n, one] for n, one in enumerate(new.values()) if one["id"] not in old],
        "changed": {
            key: found for key in old if key in new and (found := _pairs(_flat(old[key]), _flat(new[key])))
        },
        "edges_removed": [[n, one] for n, one in enumerate(edges[0]) if one not in edges[1]],
        "edges_added": [[n, one] for n, one in enumerate(edges[1]) if one not in edges[0]],
        "settings": _pairs(_settings(before), _settings(after)),
        "order": _orders(list(old), list(new)),
        "edge_order": _orders(*edges),
    }
    return {key: value for key, value in patch.items() if value}


def turned(patch: Patch) -> Patch:
    """Return the way back."""
    pairs = [("removed", "added"), ("added", "removed")]
    pairs += [("edges_removed", "edges_added"), ("edges_added", "edges_removed")]
    back: Patch = {here: patch[there] for here, there in pairs if there in patch}
    if "changed" in patch:
        back["changed"] = {step: _swapped(keys) for step, keys in patch["changed"].items()}
    if "settings" in patch:
        back["settings"] = _swapped(patch["settings"])
    return back | _swapped({key: patch[key] for key in ("order", "edge_order", "whole") if key in patch})


def patched(document: Document, patch: Patch) -> dict[str, Any]:
    """Return a document with a patch applied. Raises Overtaken where it holds what the patch does not know."""
    if "whole" in patch:
        if document != patch["whole"]["old"]:
            raise Overtaken({("", "")})
        return dict(patch["whole"]["new"])
    faults = set(_overtaken(document, patch))
    if faults:
        raise Overtaken(faults)
    steps = _patched_steps(document, patch)
    settings = _set(_settings(document), patch.get("settings", {}))
    edges = _patched_edges(document, patch, {step["id"] for step in steps})
    return settings | {key: value for key, value in (("steps", steps), ("edges", edges)) if value}


def touched(patch: Patch) -> frozenset[Place]:
    """Return the places where two people's changes may meet."""
    if "whole" in patch:
        return frozenset({("", "")})
    found = {(one["id"], "") for key in ("added", "removed") for _, one in patch.get(key, ())}
    found |= {(step, key) for step, keys in patch.get("changed", {}).items() for key in keys}
    found |= {("", key) for key in patch.get("settings", {})}
    return frozenset(place for place in found if place[1] not in QUIET_KEYS)


def meeting(mine: Iterable[Place], theirs: Iterable[Place]) -> frozenset[Place]:
    """Return those places of mine that the other changed as well; a step as such meets each of its keys."""
    others = set(theirs)
    others_steps = {step for step, _ in others if step}
    gone = {step for step, key in others if not key}
    return frozenset(
        place
        for place in mine
        if place in others or (place[0] and not place[1] and place[0] in others_steps) or place[0] in gone
    )


# Comparing.


def _steps(document: Document) -> dict[str, dict[str, Any]]:
    return {step["id"]: step for step in document.get("steps", ())}


def _edges(document: Document) -> list[dict[str, Any]]:
    return list(document.get("edges", ()))


def _settings(document: Document) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("steps", "edges")}


def _has_twins(document: Document) -> bool:
    edges = [tuple(sorted(edge.items())) for edge in _edges(document)]
    return len(_steps(document)) < len(document.get("steps", ())) or len(set(edges)) < len(edges)


def _flat(step: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: value for key, value in step.items() if key != "config"}
    return own | {f"config.{key}": value for key, value in step.get("config", {}).items()}


def _full(flat: Mapping[str, Any]) -> dict[str, Any]:
    step = {key: value for key, value in flat.items() if not key.startswith("config.")}
    config = {key.removeprefix("config."): value for key, value in flat.items() if key.startswith("config.")}
    return {**step, "config": config} if config else step


def _pairs(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    keys = [
        key for key in dict.fromkeys([*old, *new]) if key not in old or key not in new or old[key] != new[key]
    ]
    return {
        key: {name: side[key] for name, side in (("old", old), ("new", new)) if key in side} for key in keys
    }


def _orders(old: Sequence[Any], new: Sequence[Any]) -> dict[str, Any]:
    """Both orders, where what stays changed its order."""
    if [one for one in old if one in new] == [one for one in new if one in old]:
        return {}
    return {"old": list(old), "new": list(new)}


def _swapped(pairs: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    names = {"old": "new", "new": "old"}
    return {key: {names[name]: value for name, value in pair.items()} for key, pair in pairs.items()}


# Applying.

_NOTHING = object()


def _overtaken(document: Document, patch: Patch) -> Iterator[Place]:
    steps = _steps(document)
    coming = {one["id"] for _, one in patch.get("added", ())}
    going = {one["id"] for _, one in patch.get("removed", ())}
    for _, step in patch.get("added", ()):
        parent = step.get("parent")
        if step["id"] in steps or (parent and parent not in steps and parent not in coming):
            yield step["id"], ""
    for _, step in patch.get("removed", ()):
        if step["id"] in steps and _loud(steps[step["id"]]) != _loud(step):
            yield step["id"], ""
    for step_id, pairs in patch.get("changed", {}).items():
        flat = _flat(steps[step_id]) if step_id in steps else None
        yield from ((step_id, key) for key in pairs if flat is None or _differs(flat, key, pairs[key]))
    yield from (
        (one["id"], "") for one in steps.values() if one.get("parent") in going and one["id"] not in going
    )
    settings = _settings(document)
    yield from (("", key) for key, pair in patch.get("settings", {}).items() if _differs(settings, key, pair))


def _loud(step: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in step.items() if key not in QUIET_KEYS}


def _differs(values: Mapping[str, Any], key: str, pair: Mapping[str, Any]) -> bool:
    current = values.get(key, _NOTHING)
    return key not in QUIET_KEYS and current not in (pair.get("old", _NOTHING), pair.get("new", _NOTHING))


def _set(values: dict[str, Any], pairs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    kept = {key: value for key, value in values.items() if key not in pairs or "new" in pairs[key]}
    return kept | {key: pair["new"] for key, pair in pairs.items() if "new" in pair}


def _patched_steps(document: Document, patch: Patch) -> list[dict[str, Any]]:
    gone = {one["id"] for _, one in patch.get("removed", ())}
    changed = patch.get("changed", {})
    steps = [
        _full(_set(_flat(step), changed[step["id"]])) if step["id"] in changed else dict(step)
        for step in document.get("steps", ())
        if step["id"] not in gone
    ]
    _seat(steps, patch.get("added", ()))
    order = patch.get("order", {}).get("new")
    return _in_order(steps, [step["id"] for step in steps], order) if order else steps


def _patched_edges(document: Document, patch: Patch, steps: set[str]) -> list[dict[str, Any]]:
    gone = [one for _, one in patch.get("edges_removed", ())]
    edges = [edge for edge in _edges(document) if edge not in gone]
    _seat(edges, [[n, one] for n, one in patch.get("edges_added", ()) if one not in edges])
    edges = [one for one in edges if _was_there(one, document) or {one["source"], one["target"]} <= steps]
    order = patch.get("edge_order", {}).get("new")
    return _in_order(edges, edges, order) if order else edges


def _was_there(edge: Mapping[str, Any], document: Document) -> bool:
    return edge in document.get("edges", ())


def _seat(row: list[Any], comers: Iterable[Sequence[Any]]) -> None:
    for index, one in comers:
        row.insert(index, one)


def _in_order(row: list[Any], keys: Sequence[Any], order: Sequence[Any]) -> list[Any]:
    """What the order names as it says; what it does not know stays behind the one before it."""
    last, ranks = -1, []
    for key in keys:
        last = order.index(key) if key in order else last
        ranks.append(last)
    return [row[n] for n in sorted(range(len(row)), key=lambda n: ranks[n])]
