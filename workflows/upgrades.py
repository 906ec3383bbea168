"""Old documents live for ever: each format has a pure function that turns a document into the next one.

A new format is a new entry here, a new number in the schema, and a test with a document of the old format.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from convergio.errors import InvalidInput

type Document = dict[str, Any]

CURRENT: Final = 1


class UnknownFormat(InvalidInput):
    """The document is of a format that this version cannot read."""

    code = "unknown_format"


def upgrade(document: Mapping[str, Any]) -> Document:
    """A document of any known format as one of the current format; the given one stays as it is.

    `depends_on` on a step is shorthand that is accepted in any format. Raises UnknownFormat, InvalidInput.
    """
    number = document.get("format", CURRENT)
    if type(number) is not int or (number != CURRENT and number not in UPGRADES):
        known = ", ".join(map(str, [*UPGRADES, CURRENT]))
        raise UnknownFormat(
            f"Format {number!r} is not known; this version reads the formats {known}.",
            details=[{"location": "/format", "step": None, "message": f"Must be one of: {known}."}],
        )
    upgraded = dict(document)
    while number < CURRENT:
        upgraded = UPGRADES[number](upgraded)
        number += 1
    return {**edges_from_depends_on(upgraded), "format": CURRENT}


def edges_from_depends_on(document: Document) -> Document:
    """Turn every `depends_on` into edges from the port on which that step's work goes on."""
    steps = document.get("steps")
    if not isinstance(steps, list) or not any(_has_depends_on(step) for step in steps):
        return document
    given = document.get("edges", [])
    edges = [*given, *_new_edges(steps, given)] if isinstance(given, list) else given
    return {**document, "steps": [_without_depends_on(step) for step in steps], "edges": edges}


def _new_edges(steps: list[Any], given: list[Any]) -> Iterator[Document]:
    by_id = {step["id"]: step for step in steps if isinstance(step, dict) and isinstance(step.get("id"), str)}
    drawn = {_ends(edge) for edge in given}
    for index, step in enumerate(steps):
        for edge in _edges_into(step, index, by_id) if _has_depends_on(step) else ():
            if _ends(edge) not in drawn:
                drawn.add(_ends(edge))
                yield edge


def _ends(edge: Any) -> str:
    named = edge if isinstance(edge, dict) else {}
    return repr((named.get("source"), named.get("port", "done"), named.get("target")))


def _has_depends_on(step: object) -> bool:
    return isinstance(step, dict) and "depends_on" in step


def _without_depends_on(step: Any) -> Any:
    if not _has_depends_on(step):
        return step
    return {key: value for key, value in step.items() if key != "depends_on"}


def _edges_into(step: Document, index: int, by_id: Mapping[str, Document]) -> Iterator[Document]:
    sources = step["depends_on"]
    sources = [sources] if isinstance(sources, str) else sources
    if not isinstance(sources, list) or not all(isinstance(source, str) for source in sources):
        fault = "depends_on must be a list of step ids"
        detail = {"location": f"/steps/{index}/depends_on", "step": step.get("id"), "message": f"{fault}."}
        raise InvalidInput(f"Step {step.get('id')!r}: {fault}.", details=[detail])
    for source in sources:
        for port in _onward_ports(by_id.get(source, {})):
            yield {"source": source, "port": port, "target": step.get("id")}


def _onward_ports(step: Document) -> list[str]:
    """As workflows.graph.onward_ports, for a step that is not yet checked."""
    if step.get("type") == "condition":
        config = step.get("config")
        branches = config.get("branches") if isinstance(config, dict) else None
        listed = branches if isinstance(branches, list) else []
        ports = [one.get("port") for one in listed if isinstance(one, dict)]
        return [*dict.fromkeys(port for port in ports if isinstance(port, str)), "else"]
    return [{"approval": "approved", "input": "submitted"}.get(str(step.get("type")), "done")]


UPGRADES: Final[dict[int, Callable[[Document], Document]]] = {0: edges_from_depends_on}
"""Format 0 had no edges: each step said with `depends_on` which steps come before it."""
