"""Random valid definitions, of every step type, with nested containers, loops, joins and revisions.

`definitions()` gives definitions that validate without errors and that can run with INPUT_VALUES. All ids are
unique and say the type (`agent1`, `loop4`); every `${steps...}` names a step that lies before.
"""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from workflows.graph import onward_ports, ports_of
from workflows.schema import Definition, Step

INPUTS: list[dict[str, Any]] = [
    {"name": "question", "type": "text", "required": True},
    {"name": "market", "default": "Europe"},
    {"name": "limit", "type": "integer", "default": 3},
    {"name": "items", "type": "list", "default": ["a", "b"]},
]
INPUT_VALUES: dict[str, Any] = {"question": "Why?", "market": "Europe", "limit": 3, "items": ["a", "b", "c"]}

AGENTS = ("analyst", "writer", "reviewer")
TOOLS = ("calculator", "web-fetch")
CHILD_WORKFLOW = "child-flow"
EVENT = "order.paid"

NOTES = st.lists(
    st.fixed_dictionaries(
        {"id": st.from_regex(r"n[a-z0-9_]{0,5}", fullmatch=True)},
        optional={
            "text": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=50),
            "position": st.fixed_dictionaries({"x": st.integers(-500, 500), "y": st.integers(-500, 500)}),
            "size": st.fixed_dictionaries({"width": st.integers(80, 900), "height": st.integers(40, 900)}),
            "colour": st.sampled_from(["yellow", "green", "blue", "pink", "grey"]),
        },
    ),
    max_size=3,
    unique_by=lambda note: str(note["id"]),
)

CONTAINERS = ("parallel", "sequential", "loop")
LEAVES = ("agent", "team", "tool", "condition", "approval", "input", "transform", "wait", "workflow")

FORM = {"type": "object", "properties": {"note": {"type": "string"}}}
OWN_ANSWERS = [{"id": "now"}, {"id": "later"}, {"id": "never", "counts_as": "reject"}]


@dataclass
class Level:
    """One level while it is drawn: what its steps may read from outside, and what comes before each of them."""

    parent: str | None = None
    visible: frozenset[str] = frozenset()
    in_loop: bool = False
    for_each: bool = False
    depth: int = 0
    before: dict[str, frozenset[str]] = field(default_factory=dict)


class Drawing:
    """A definition that is being drawn."""

    def __init__(self, draw: st.DrawFn, types: tuple[str, ...], max_steps: int, max_depth: int) -> None:
        self.draw, self.types, self.left, self.max_depth = draw, types, max_steps, max_depth
        self.steps: list[dict[str, Any]] = []
        self.edges: list[dict[str, Any]] = []

    def one_of(self, *values: Any) -> Any:
        return self.draw(st.sampled_from(values))

    def maybe(self) -> bool:
        return bool(self.draw(st.booleans()))

    # Levels.

    def level(self, level: Level) -> None:
        chained = level.parent is not None and level.parent.startswith("sequential")
        drawn: list[dict[str, Any]] = []
        for _ in range(self.draw(st.integers(1, 4 if level.depth else 6))):
            if self.left <= 0 and drawn:
                break
            self.left -= 1
            drawn.append(self.step(level, drawn, chained=chained))

    def step(self, level: Level, earlier: list[dict[str, Any]], *, chained: bool) -> dict[str, Any]:
        kind = self.kind(level)
        step_id = f"{kind}{len(self.steps) + 1}"
        incoming = [] if chained else self.incoming(step_id, earlier)
        sources = [one["id"] for one in earlier] if chained else [edge["source"] for edge in incoming]
        up = frozenset(sources).union(*(level.before[source] for source in sources))
        level.before[step_id] = up
        step = {"id": step_id, "type": kind, "parent": level.parent}
        self.steps.append(step)
        self.edges.extend(incoming)
        step["config"] = getattr(self, f"{kind}_config")(level, sorted(up), sorted(up | level.visible))
        step |= self.policies(kind, len(incoming), sorted(up | level.visible))
        if kind in CONTAINERS:
            self.level(self.inner(level, step, up | level.visible))
        return step

    def kind(self, level: Level) -> str:
        deep = level.depth >= self.max_depth or self.left <= 0
        return str(self.one_of(*(one for one in self.types if not deep or one not in CONTAINERS)))

    def inner(self, level: Level, step: dict[str, Any], visible: frozenset[str]) -> Level:
        is_loop = step["type"] == "loop"
        for_each = step["config"]["mode"] == "for_each" if is_loop else level.for_each
        return Level(step["id"], visible, is_loop or level.in_loop, for_each, level.depth + 1)

    def incoming(self, target: str, earlier: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not earlier or self.draw(st.integers(0, 5)) == 0:
            return []
        sources = self.draw(
            st.lists(st.sampled_from(earlier), min_size=1, max_size=3, unique_by=lambda s: s["id"])
        )
        return [{"source": one["id"], "port": self.port(one), "target": target} for one in sources]

    def port(self, step: dict[str, Any]) -> str:
        typed = typed_step(step)
        return str(self.one_of(*onward_ports(typed), *onward_ports(typed), *ports_of(typed)))

    # What any step has.

    def policies(self, kind: str, incoming: int, readable: list[str]) -> dict[str, Any]:
        given: dict[str, Any] = {"join": self.join(incoming)}
        if self.draw(st.integers(0, 3)) == 0:
            given["on_error"] = self.on_error(kind)
        if kind in {"agent", "tool", "team"} and self.maybe():
            given["retry"] = {"attempts": self.draw(st.integers(1, 3)), "backoff_s": self.one_of(0, 1, 2.5)}
        if self.draw(st.integers(0, 5)) == 0:
            given["timeout_s"] = self.one_of(1, 60)
        if self.draw(st.integers(0, 5)) == 0:
            given["set_context"] = {"last": self.one_of("x", f"${{steps.{self.steps[-1]['id']}.output}}")}
        return given

    def join(self, incoming: int) -> Any:
        if incoming < 2:
            return "all"
        return self.one_of("all", "all", "any", {"first": self.draw(st.integers(1, incoming))})

    def on_error(self, kind: str) -> dict[str, Any]:
        choices: list[dict[str, Any]] = [{"action": "continue", "default": "none"}, {"action": "port"}]
        choices.append({"action": "ask"})
        if kind == "agent":
            choices.append({"action": "fallback", "agent": "reviewer"})
        return dict(self.one_of(*choices))

    def text(self, level: Level, readable: list[str]) -> str:
        words = ["plain words", "${user_input}", "On ${inputs.market}: ${inputs.limit}", "costs $${5}"]
        words += [f"See ${{steps.{one}.output}}" for one in readable[:3]]
        words += ["${loop.index}"] if level.in_loop else []
        words += ["Item ${item}"] if level.for_each else []
        return str(self.one_of(*words))

    # One config per type.

    def agent_config(self, level: Level, up: list[str], readable: list[str]) -> dict[str, Any]:
        return {
            "agent": self.one_of(*AGENTS),
            "prompt": self.text(level, readable),
            "conversation": self.maybe(),
        }

    def team_config(self, level: Level, up: list[str], readable: list[str]) -> dict[str, Any]:
        return {"members": list(AGENTS[:2]), "prompt": self.text(level, readable), "max_turns": 2}

    def tool_config(self, level: Level, up: list[str], readable: list[str]) -> dict[str, Any]:
        return {"tool": self.one_of(*TOOLS), "arguments": {"text": self.text(level, readable)}}

    def condition_config(self, level: Level, up: list[str], readable: list[str]) -> dict[str, Any]:
        count = self.draw(st.integers(1, 3))
        return {"branches": [{"port": f"way{n}", "when": self.condition(readable)} for n in range(count)]}

    def condition(self, readable: list[str]) -> dict[str, Any]:
        simple: list[dict[str, Any]] = [
            {
                "path": "$.inputs.limit",
                "op": self.one_of("gt", "lte", "ne"),
                "value": self.draw(st.integers(0, 6)),
            },
            {"path": "${inputs.market}", "op": "contains", "value": "Euro"},
        ]
        simple += [{"path": f"$.{one}", "op": "exists"} for one in readable[:3]]
        one, other = self.one_of(*simple), self.one_of(*simple)
        return dict(self.one_of(one, {"all": [one, other]}, {"any": [one, {"not_": other}]}))

    def approval_config(self, level: Level, up: list[str], readable: list[str]) -> dict[str, Any]:
        config: dict[str, Any] = {"title": "Go on?", "data": self.text(level, readable)}
        if up and self.maybe():
            config |= {"revise": self.one_of(*up), "max_revisions": self.draw(st.integers(1, 3))}
        if self.draw(st.integers(0, 3)) == 0:
            config |= {"answers": OWN_ANSWERS, "can_edit": self.maybe(), "priority": "high"}
            config |= {"remind_s": 60, "escalate_s": 120, "escalate_to": ["group:board"]}
        return config

    def input_config(self, level: Level, up: list[str], readable: list[str]) -> dict[str, Any]:
        return {"title": "Tell us", "form": FORM, "expires_s": self.one_of(None, 3600)}

    def parallel_config(self, level: Level, up: list[str], readable: list[str]) -> dict[str, Any]:
        return {"wait_for": self.one_of("all", "any", {"first": 1}), "concurrency": self.one_of(None, 1, 2)}

    def sequential_config(self, level: Level, up: list[str], readable: list[str]) -> dict[str, Any]:
        return {}

    def loop_config(self, level: Level, up: list[str], readable: list[str]) -> dict[str, Any]:
        common = {
            "max_iterations": self.draw(st.integers(3, 5)),
            "on_item_error": self.one_of("fail", "skip"),
        }
        mode = self.one_of("for_each", "for_each", "while", "until")
        if mode == "for_each":
            items = self.one_of("${inputs.items}", [], ["x"], [1, 2, 3])
            return {**common, "mode": mode, "items": items, "concurrency": self.draw(st.integers(1, 3))}
        op = "lt" if mode == "while" else "gte"
        return {**common, "mode": mode, "condition": {"path": "$.loop.index", "op": op, "value": 2}}

    def transform_config(self, level: Level, up: list[str], readable: list[str]) -> dict[str, Any]:
        if self.maybe():
            return {"value": {"text": self.text(level, readable), "n": [1, None, True]}}
        kept = {"path": "$.item", "op": "ne", "value": "a"}
        return {"source": "${inputs.items}", "value": "${item}", "filter": self.one_of(None, kept)}

    def wait_config(self, level: Level, up: list[str], readable: list[str]) -> dict[str, Any]:
        event = {"event": EVENT, "expires_s": 60}
        return dict(self.one_of({"seconds": 0}, {"seconds": 5}, {"until": "2030-01-01T09:00:00Z"}, event))

    def workflow_config(self, level: Level, up: list[str], readable: list[str]) -> dict[str, Any]:
        return {"workflow": CHILD_WORKFLOW, "inputs": {"topic": self.text(level, readable)}}


def typed_step(document: dict[str, Any]) -> Step:
    """One step's document as its type."""
    return Definition.model_validate({"steps": [document]}).steps[0]


@st.composite
def documents(
    draw: st.DrawFn,
    *,
    types: tuple[str, ...] = (*LEAVES, *CONTAINERS),
    max_steps: int = 14,
    max_depth: int = 2,
) -> dict[str, Any]:
    """The JSON document of a random valid definition, with steps of the given types."""
    drawing = Drawing(draw, types, max_steps, max_depth)
    drawing.level(Level())
    top = [step["id"] for step in drawing.steps if step["parent"] is None]
    outputs = {"last": f"${{steps.{top[-1]}.output}}"} if draw(st.booleans()) else {}
    document = {"inputs": INPUTS, "steps": drawing.steps, "edges": drawing.edges, "outputs": outputs}
    return document | ({"notes": draw(NOTES)} if draw(st.integers(0, 3)) == 0 else {})


def definitions(**options: Any) -> st.SearchStrategy[Definition]:
    """A random valid definition; options as for `documents`."""
    return documents(**options).map(Definition.model_validate)
