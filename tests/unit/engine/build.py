"""Short ways to write definitions in tests."""

from typing import Any

from tests.unit.engine.world import World


def agent(id: str = "draft", **more: Any) -> dict[str, Any]:
    """An agent step; `prompt` and other config keys may be given by name."""
    config = {"agent": "writer", "prompt": more.pop("prompt", "Write.")} | more.pop("config", {})
    return {"id": id, "type": "agent", "config": config} | more


def step(type: str, id: str, parent: str | None = None, **config: Any) -> dict[str, Any]:
    """A step of any type from its config."""
    return {"id": id, "type": type, "parent": parent, "config": config}


def approval(id: str = "gate", **more: Any) -> dict[str, Any]:
    """An approval step; keys of StepBase go to the step, all others into its config."""
    base = {key: more.pop(key) for key in ("parent", "on_error", "timeout_s", "retry", "join") if key in more}
    return {"id": id, "type": "approval", "config": {"title": "Publish?"} | more} | base


def condition(id: str = "check", **branches: Any) -> dict[str, Any]:
    """A condition with one branch a keyword: port=(path, op, value)."""
    listed = [
        {"port": port, "when": {"path": path, "op": op, "value": value}}
        for port, (path, op, value) in branches.items()
    ]
    return {"id": id, "type": "condition", "config": {"branches": listed}}


def edges(text: str) -> list[dict[str, Any]]:
    """`a > b, gate.approved > c`."""
    found = []
    for one in filter(None, (part.strip() for part in text.split(","))):
        source, target = (end.strip() for end in one.split(">"))
        source, _, port = source.partition(".")
        found.append({"source": source, "target": target} | ({"port": port} if port else {}))
    return found


def world(*steps: dict[str, Any], flow: str = "", **more: Any) -> World:
    """A world for steps and a flow like `a > b, b > c`; further keys go into the definition."""
    return World.of({"steps": list(steps), "edges": edges(flow)} | more)


def started(
    *steps: dict[str, Any], flow: str = "", inputs: dict[str, Any] | None = None, **more: Any
) -> World:
    """The same, begun."""
    made = world(*steps, flow=flow, **more)
    made.start(inputs)
    return made
