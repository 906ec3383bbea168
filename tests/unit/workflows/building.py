"""Definitions and their steps in few words, and what exists around them, for the tests of validation."""

from itertools import pairwise
from typing import Any

from workflows.schema import InputField
from workflows.validation import AgentFacts, Known

CALCULATOR = {
    "type": "object",
    "properties": {"expression": {"type": "string"}, "digits": {"$ref": "#/$defs/Digits"}},
    "$defs": {"Digits": {"type": "integer", "minimum": 0}},
    "required": ["expression"],
}

KNOWN = Known(
    agents={"writer": AgentFacts(capabilities=frozenset({"writing"})), "critic": AgentFacts()},
    tools={"calculator": CALCULATOR, "anything": None},
    workflows={
        "child": (
            InputField(name="topic", required=True),
            InputField.model_validate({"name": "n", "type": "integer"}),
        )
    },
    groups={"board"},
    users={"dan@example.com"},
    slug="this-one",
)

type Document = dict[str, Any]
type Case = tuple[str, Document, str | None, str]
"""A code of the catalogue, a definition with that fault, and the step and field where it is found."""


def agent(step_id: str = "a", prompt: str = "Go.", **more: Any) -> Document:
    config = {"agent": "writer", "prompt": prompt, **more.pop("config", {})}
    return {"id": step_id, "type": "agent", "config": config, **more}


def step(kind: str, step_id: str = "s", config: Document | None = None, **more: Any) -> Document:
    return {"id": step_id, "type": kind, "config": config or {}, **more}


def transform(step_id: str = "t", value: Any = 1, **more: Any) -> Document:
    return step("transform", step_id, {"value": value, **more.pop("config", {})}, **more)


def approval(step_id: str = "ok", **config: Any) -> Document:
    return step("approval", step_id, {"title": "Go?", **config})


def form(step_id: str = "s", **config: Any) -> Document:
    questions = {"properties": {"amount": {"type": "number"}}}
    return step("input", step_id, {"title": "How much?", "form": questions, **config})


def loop(step_id: str = "l", **config: Any) -> Document:
    return step("loop", step_id, {"items": [1], **config})


def choice(*when: Document, step_id: str = "c") -> Document:
    branches = [{"port": f"way{n}", "when": one} for n, one in enumerate(when)]
    return step("condition", step_id, {"branches": branches})


def compare(path: str, op: str = "eq", value: Any = 1) -> Document:
    return {"path": path, "op": op, "value": value}


def flow(*steps: Document, edges: str = "", **more: Any) -> Document:
    """Edges are written "a-b b:port-c"; without any the steps are a chain."""
    drawn = []
    for edge in edges.split():
        source, target = edge.split("-")
        source, _, port = source.partition(":")
        drawn.append({"source": source, "port": port or "done", "target": target})
    return {"steps": list(steps), "edges": drawn, **more}


def chain(*steps: Document, **more: Any) -> Document:
    main = {"approval": "approved", "input": "submitted", "condition": "else"}
    edges = [
        {"source": one["id"], "port": main.get(one["type"], "done"), "target": two["id"]}
        for one, two in pairwise(steps)
    ]
    return {"steps": list(steps), "edges": edges, **more}


def nested(depth: int, *, kind: str = "sequential", length: int = 2) -> Document:
    """An agent in that many containers, each in the one before; their ids, `c0` on, have `length` characters."""
    config = {"loop": {"items": [1]}}.get(kind)
    ids = [f"c{number}".ljust(length, "_") for number in range(depth)]
    around = [None, *ids]
    containers = [step(kind, one, config, parent=parent) for one, parent in zip(ids, around, strict=False)]
    return flow(*containers, agent(parent=ids[-1]))


TEXT_INPUT = [{"name": "question"}, {"name": "n", "type": "integer"}, {"name": "many", "type": "list"}]
SCORED = agent(
    "r",
    output_schema={"type": "object", "properties": {"score": {"type": "number"}, "ok": {"type": "boolean"}}},
)
