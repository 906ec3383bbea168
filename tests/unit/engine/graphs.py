"""Big random definitions from a seed: larger and wilder than what Hypothesis draws, for thousands of runs."""

from random import Random
from typing import Any

from workflows.graph import onward_ports, ports_of
from workflows.schema import Definition

CONTAINERS = ("parallel", "sequential", "loop")
LEAVES = (
    "agent",
    "agent",
    "agent",
    "tool",
    "condition",
    "approval",
    "input",
    "transform",
    "wait",
    "workflow",
)
FORM = {"type": "object"}


class Sketch:
    """One definition while it is made."""

    def __init__(self, seed: int, most: int = 16, depth: int = 3) -> None:
        self.random, self.left, self.depth = Random(seed), most, depth
        self.steps: list[dict[str, Any]] = []
        self.edges: list[dict[str, Any]] = []
        self.level(None, 0, [])

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def level(self, parent: str | None, depth: int, visible: list[str]) -> None:
        earlier: list[str] = []
        before: dict[str, set[str]] = {}
        for _ in range(self.random.randint(3, 7) if depth == 0 else self.random.randint(0, 4)):
            if self.left > 0:
                self.left -= 1
                earlier.append(self.step(parent, depth, visible, earlier, before))

    def step(
        self,
        parent: str | None,
        depth: int,
        visible: list[str],
        earlier: list[str],
        before: dict[str, set[str]],
    ) -> str:
        type = self.random.choice(CONTAINERS if depth < self.depth and self.chance(0.3) else LEAVES)
        id = f"{type}{len(self.steps)}"
        sources = self.sources(parent, earlier)
        up = set(sources).union(*(before[one] for one in sources))
        before[id] = up
        readable = [*sorted(up), *visible]
        step: dict[str, Any] = {"id": id, "type": type, "parent": parent, "join": self.join(len(sources))}
        step["config"] = getattr(self, f"{type}_config")(sorted(up), readable)
        self.policies(step)
        self.steps.append(step)
        if type in CONTAINERS:
            self.level(id, depth + 1, readable)
        return id

    def sources(self, parent: str | None, earlier: list[str]) -> list[str]:
        chained = parent is not None and parent.startswith("sequential")
        if not earlier or chained or self.chance(0.2):
            return earlier[-1:] if chained else []
        chosen = sorted(set(self.random.choices(earlier, k=self.random.randint(1, 3))))
        target = f"{{{len(self.steps)}}}"
        for source in chosen:
            self.edges.append({"source": source, "port": self.port(source), "target": target})
        return chosen

    def port(self, source: str) -> str:
        found = next(step for step in self.steps if step["id"] == source)
        typed = Definition.model_validate({"steps": [found]}).steps[0]
        return self.random.choice([*onward_ports(typed) * 3, *ports_of(typed)])

    def join(self, sources: int) -> Any:
        return self.random.choice(["all", "all", "any", {"first": self.random.randint(1, max(1, sources))}])

    def policies(self, step: dict[str, Any]) -> None:
        if self.chance(0.4):
            step["retry"] = {
                "attempts": self.random.randint(1, 3),
                "backoff_s": self.random.choice([0, 1, 3]),
            }
        if self.chance(0.3):
            choices: list[dict[str, Any]] = [{"action": "port"}, {"action": "continue", "default": "none"}]
            choices += [{"action": "ask"}]
            choices += [{"action": "fallback", "agent": "other"}] if step["type"] == "agent" else []
            step["on_error"] = self.random.choice(choices)
        if self.chance(0.15):
            step["timeout_s"] = 2
        if self.chance(0.1):
            step["sla"] = {"target_s": 1}
        if self.chance(0.1):
            step["guardrails"] = {self.random.choice(["max_tokens", "max_requests"]): 1, "max_wall_s": 5}
            step["guardrails"]["on_breach"] = self.random.choice(["stop", "ask"])
        if self.chance(0.1):
            step["set_context"] = {"last": f"${{steps.{step['id']}.output}}"}

    def text(self, readable: list[str]) -> str:
        return (
            f"See ${{steps.{self.random.choice(readable)}.output}}" if readable and self.chance(0.5) else "Go"
        )

    def agent_config(self, up: list[str], readable: list[str]) -> dict[str, Any]:
        handoff = {"keys": ["last"], "reason": "next"} if self.chance(0.2) else None
        return {"agent": "writer", "prompt": self.text(readable), "handoff": handoff}

    def tool_config(self, up: list[str], readable: list[str]) -> dict[str, Any]:
        return {"tool": "calculator", "arguments": {"text": self.text(readable)}}

    def condition_config(self, up: list[str], readable: list[str]) -> dict[str, Any]:
        value = self.random.choice([0, 9])
        return {
            "branches": [{"port": "way", "when": {"path": "${inputs.limit}", "op": "gt", "value": value}}]
        }

    def approval_config(self, up: list[str], readable: list[str]) -> dict[str, Any]:
        revise = {"revise": self.random.choice(up), "max_revisions": 2} if up and self.chance(0.8) else {}
        return {"title": "Go on?", "data": self.text(readable)} | revise

    def input_config(self, up: list[str], readable: list[str]) -> dict[str, Any]:
        return {"title": "Tell us", "form": FORM}

    def transform_config(self, up: list[str], readable: list[str]) -> dict[str, Any]:
        return {"value": self.text(readable)}

    def wait_config(self, up: list[str], readable: list[str]) -> dict[str, Any]:
        return self.random.choice([{"seconds": 0}, {"seconds": 3}, {"event": "order.paid", "expires_s": 5}])

    def workflow_config(self, up: list[str], readable: list[str]) -> dict[str, Any]:
        return {"workflow": "child", "inputs": {"topic": self.text(readable)}}

    def parallel_config(self, up: list[str], readable: list[str]) -> dict[str, Any]:
        wait_for = self.random.choice(["all", "all", "any", {"first": 2}])
        return {"wait_for": wait_for, "concurrency": self.random.choice([None, 1, 2])}

    def sequential_config(self, up: list[str], readable: list[str]) -> dict[str, Any]:
        return {}

    def loop_config(self, up: list[str], readable: list[str]) -> dict[str, Any]:
        common = {"max_iterations": 3, "on_item_error": self.random.choice(["fail", "skip"])}
        if self.chance(0.6):
            items = self.random.choice([[], ["x"], [1, 2, 3]])
            return common | {"items": items, "concurrency": self.random.randint(1, 3)}
        mode, op = self.random.choice([("while", "lt"), ("until", "gte")])
        return common | {"mode": mode, "condition": {"path": "$.loop.index", "op": op, "value": 1}}


def sketch(seed: int, **options: int) -> Definition:
    """The definition of a seed."""
    drawn = Sketch(seed, **options)
    names = {f"{{{number}}}": step["id"] for number, step in enumerate(drawn.steps)}
    edges = [edge | {"target": names[edge["target"]]} for edge in drawn.edges]
    limits = {"max_tokens": 40, "on_breach": "ask"} if drawn.chance(0.2) else {}
    document = {"inputs": [], "steps": drawn.steps, "edges": edges, "guardrails": limits}
    return Definition.model_validate(document)
