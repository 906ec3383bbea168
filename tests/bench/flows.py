"""The shapes that are measured. A step is a call of the calculator: real, on record, and next to no time of its own."""

from itertools import pairwise
from typing import Any

NUMBERS = {"name": "numbers", "type": "list", "required": True}


def sum_of(step_id: str, expression: str = "1 + 1", **more: Any) -> dict[str, Any]:
    """A step that calculates."""
    config = {"tool": "calculator", "arguments": {"expression": expression}}
    return {"id": step_id, "type": "tool", "config": config, **more}


def pause(step_id: str, seconds: float) -> dict[str, Any]:
    """A step that waits, holding nothing."""
    return {"id": step_id, "type": "tool", "config": {"tool": "pause", "arguments": {"seconds": seconds}}}


def said(step_id: str, orders: str) -> dict[str, Any]:
    """A step in which an agent answers; `orders` are for the model server."""
    return {
        "id": step_id,
        "type": "agent",
        "config": {"agent": "risk-analyst", "prompt": f"Answer. {orders}"},
    }


def row(*steps: dict[str, Any]) -> dict[str, Any]:
    """Steps one after the other."""
    return {"format": 1, "steps": list(steps), "edges": [_edge(one, two) for one, two in pairwise(steps)]}


def chain(length: int = 10) -> dict[str, Any]:
    """Each step reads what the one before it found."""
    first = sum_of("s1")
    later = (sum_of(f"s{n}", f"${{steps.s{n - 1}.output.result}} + 1") for n in range(2, length + 1))
    return row(first, *later)


def fan(width: int = 20) -> dict[str, Any]:
    """One step, then many at once, then one that waits for all of them."""
    first, last = sum_of("first"), sum_of("last")
    middle = [sum_of(f"m{n}", f"{n} * 2") for n in range(width)]
    edges = [edge for one in middle for edge in (_edge(first, one), _edge(one, last))]
    return {"format": 1, "steps": [first, *middle, last], "edges": edges}


def loop() -> dict[str, Any]:
    """One step for each of the given numbers, in turn."""
    config = {"mode": "for_each", "items": "${inputs.numbers}", "max_iterations": 10_000}
    each = {"id": "each", "type": "loop", "config": config}
    inside = sum_of("inside", "${item} + 1", parent="each")
    return {"format": 1, "inputs": [NUMBERS], "steps": [each, inside], "edges": []}


def gate() -> dict[str, Any]:
    """A question to a person, then a step."""
    config = {"title": "Go on?", "approvers": ["role:owner"]}
    asked, after = {"id": "gate", "type": "approval", "config": config}, sum_of("after")
    edges = [{"source": "gate", "port": "approved", "target": "after"}]
    return {"format": 1, "steps": [asked, after], "edges": edges}


def _edge(source: dict[str, Any], target: dict[str, Any]) -> dict[str, Any]:
    return {"source": source["id"], "port": "done", "target": target["id"]}
