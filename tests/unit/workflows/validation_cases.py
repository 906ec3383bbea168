"""Definitions with a known fault each, and definitions without any."""

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


def agent(step_id: str = "a", prompt: str = "Go.", **more: Any) -> Document:
    config = {"agent": "writer", "prompt": prompt, **more.pop("config", {})}
    return {"id": step_id, "type": "agent", "config": config, **more}


def step(kind: str, step_id: str = "s", config: Document | None = None, **more: Any) -> Document:
    return {"id": step_id, "type": kind, "config": config or {}, **more}


def transform(step_id: str = "t", value: Any = 1, **more: Any) -> Document:
    return step("transform", step_id, {"value": value, **more.pop("config", {})}, **more)


def approval(step_id: str = "ok", **config: Any) -> Document:
    return step("approval", step_id, {"title": "Go?", **config})


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


TEXT_INPUT = [{"name": "question"}, {"name": "n", "type": "integer"}, {"name": "many", "type": "list"}]
SCORED = agent(
    "r",
    output_schema={"type": "object", "properties": {"score": {"type": "number"}, "ok": {"type": "boolean"}}},
)

CASES: list[tuple[str, Document, str | None, str]] = [
    # names
    ("no_steps", {}, None, ""),
    ("duplicate_step_id", flow(agent(), agent()), "a", "id"),
    ("reserved_step_id", flow(agent("item")), "item", "id"),
    ("duplicate_input", flow(agent(), inputs=[{"name": "x"}, {"name": "x"}]), None, "inputs.x"),
    ("choices_missing", flow(agent(), inputs=[{"name": "x", "type": "choice"}]), None, "inputs.x"),
    (
        "bad_default",
        flow(agent(), inputs=[{"name": "x", "type": "integer", "default": "many"}]),
        None,
        "inputs.x",
    ),
    (
        "bad_default",
        flow(agent(), inputs=[{"name": "x", "type": "choice", "choices": ["a"], "default": "b"}]),
        None,
        "inputs.x",
    ),
    ("bad_output_name", flow(agent(), outputs={"": 1}), None, "outputs"),
    ("bad_output_name", flow(agent(), outputs={" x": 1}), None, "outputs"),
    ("bad_context_key", flow(agent(set_context={"a b": "x"})), "a", "set_context"),
    # structure
    ("dangling_edge", flow(agent(), edges="a-nobody"), "a", "edges"),
    ("dangling_edge", flow(agent(), edges="x-y"), None, "edges"),
    (
        "edge_across_containers",
        flow(agent(), step("parallel", "p"), agent("b", parent="p"), edges="a-b"),
        "a",
        "edges",
    ),
    ("duplicate_edge", flow(agent(), agent("b"), edges="a-b a-b"), "a", "edges"),
    ("unknown_port", flow(agent(), agent("b"), edges="a:approved-b"), "a", "edges"),
    ("unknown_port", flow(agent(), agent("b"), edges="a:error-b"), "a", "edges"),
    (
        "duplicate_port",
        flow(step("condition", "c", {"branches": [{"port": "x", "when": {"all": []}}] * 2})),
        "c",
        "config.branches",
    ),
    (
        "reserved_port",
        flow(step("condition", "c", {"branches": [{"port": "else", "when": {"all": []}}]})),
        "c",
        "config.branches",
    ),
    ("unknown_parent", flow(agent(parent="p")), "a", "parent"),
    ("parent_not_container", flow(agent(), agent("b", parent="a")), "b", "parent"),
    (
        "parent_cycle",
        flow(step("parallel", "p", parent="q"), step("parallel", "q", parent="p")),
        "p",
        "parent",
    ),
    ("empty_container", flow(step("sequential", "q")), "q", ""),
    # flow
    ("cycle", flow(agent(), agent("b"), edges="a-b b-a"), "a", "edges"),
    ("cycle", flow(agent(), edges="a-a"), "a", "edges"),
    (
        "cycle",
        flow(loop(), agent(parent="l"), agent("b", parent="l"), edges="a-b b-a"),
        "a",
        "edges",
    ),
    ("unreachable", flow(agent(), agent("b"), agent("c"), edges="a:nope-b b-c"), "b", ""),
    ("unconnected", flow(agent(), agent("b"), agent("c"), edges="a-b"), "c", ""),
    ("join_never", flow(agent(), agent("b", join={"first": 2}), edges="a-b"), "b", "join"),
    (
        "join_never",
        flow(
            step("parallel", "p", {"wait_for": {"first": 3}}), agent("a", parent="p"), agent("b", parent="p")
        ),
        "p",
        "config.wait_for",
    ),
    ("dead_port", chain(choice(compare("$.inputs.n")), agent(), inputs=TEXT_INPUT), "c", "edges"),
    ("dead_port", flow(agent(on_error={"action": "port"})), "a", "edges"),
    # variables
    ("bad_expression", flow(agent(prompt="${a()}")), "a", "config.prompt"),
    ("bad_expression", flow(agent(), outputs={"x": "${nothing"}), None, "outputs.x"),
    ("unknown_step", flow(agent(prompt="${steps.b.output}")), "a", "config.prompt"),
    ("unknown_step", flow(agent(), outputs={"x": ["${steps.b.output}"]}), None, "outputs.x"),
    ("unknown_step", flow(choice(compare("$.b"))), "c", "config.branches.0.when"),
    ("not_upstream", flow(agent(prompt="${steps.b.output}"), agent("b"), edges="a-b"), "a", "config.prompt"),
    ("not_upstream", flow(agent(prompt="${steps.a.output}")), "a", "config.prompt"),
    (
        "not_upstream",
        flow(step("parallel", "p"), agent("a", parent="p"), agent("b", "${steps.a.output}", parent="p")),
        "b",
        "config.prompt",
    ),
    (
        "inside_container",
        flow(step("parallel", "p"), agent("a", parent="p"), agent("b", "${steps.a.output}"), edges="p-b"),
        "b",
        "config.prompt",
    ),
    (
        "inside_container",
        flow(loop(), agent(parent="l"), outputs={"x": "${steps.a.output}"}),
        None,
        "outputs.x",
    ),
    ("unknown_input", flow(agent(prompt="${inputs.quesion}"), inputs=TEXT_INPUT), "a", "config.prompt"),
    ("unknown_input", flow(choice(compare("$.inputs.x"))), "c", "config.branches.0.when"),
    ("no_text_input", flow(agent(prompt="${user_input}")), "a", "config.prompt"),
    (
        "no_text_input",
        flow({"id": "a", "type": "agent", "config": {"agent": "writer"}}),
        "a",
        "config.prompt",
    ),
    ("unknown_context", flow(agent(prompt="${context.tone}")), "a", "config.prompt"),
    ("unknown_context", flow(agent(config={"handoff": {"keys": ["tone"]}})), "a", "config.handoff"),
    (
        "context_not_upstream",
        flow(agent(prompt="${context.tone}"), agent("b", set_context={"tone": "x"}), edges="a-b"),
        "a",
        "config.prompt",
    ),
    ("item_outside_loop", flow(agent(prompt="${item}")), "a", "config.prompt"),
    ("item_outside_loop", flow(transform(value="${item.x}")), "t", "config.value"),
    ("item_outside_loop", flow(loop(items="${item}"), agent(parent="l")), "l", "config.items"),
    (
        "item_outside_loop",
        flow(
            loop(mode="until", condition=compare("$.loop.index")),
            agent(prompt="${item}", parent="l"),
        ),
        "a",
        "config.prompt",
    ),
    ("loop_outside_loop", flow(agent(prompt="${loop.index}")), "a", "config.prompt"),
    ("loop_outside_loop", flow(agent(), outputs={"x": "${loop.number}"}), None, "outputs.x"),
    (
        "unknown_output_field",
        chain(agent(), agent("b", "${steps.a.output.score}")),
        "b",
        "config.prompt",
    ),
    ("unknown_output_field", chain(SCORED, agent("b", "${steps.r.output.scor}")), "b", "config.prompt"),
    ("unknown_output_field", chain(SCORED, agent("b", "${steps.r.output[0]}")), "b", "config.prompt"),
    ("unknown_output_field", chain(SCORED, choice(compare("$.r.scor"))), "c", "config.branches.0.when"),
    (
        "unknown_output_field",
        chain(approval(), agent("b", "${steps.ok.output.coment}")),
        "b",
        "config.prompt",
    ),
    ("unknown_output_field", flow(agent(prompt="${inputs.n.x}"), inputs=TEXT_INPUT), "a", "config.prompt"),
    (
        "unknown_output_field",
        flow(agent(prompt="${inputs.f.path}"), inputs=[{"name": "f", "type": "file"}]),
        "a",
        "config.prompt",
    ),
    # conditions
    ("bad_path", flow(choice(compare("r.score"))), "c", "config.branches.0.when"),
    ("bad_path", flow(choice(compare("$..score"))), "c", "config.branches.0.when"),
    ("bad_path", flow(choice(compare("${a()}"))), "c", "config.branches.0.when"),
    ("bad_path", flow(choice(compare("x ${item}"))), "c", "config.branches.0.when"),
    ("bad_path", flow(choice(compare("${inputs.a}${inputs.b}"))), "c", "config.branches.0.when"),
    (
        "bad_pattern",
        chain(SCORED, choice(compare("$.r.score", "matches", "(?=x)"))),
        "c",
        "config.branches.0.when",
    ),
    (
        "compare_needs_number",
        chain(SCORED, choice(compare("$.r.score", "gt", "high"))),
        "c",
        "config.branches.0.when",
    ),
    (
        "compare_needs_number",
        chain(SCORED, choice(compare("$.r.score", "lte", True))),
        "c",
        "config.branches.0.when",
    ),
    (
        "compare_needs_list",
        chain(SCORED, choice(compare("$.r.score", "in", 3))),
        "c",
        "config.branches.0.when",
    ),
    (
        "compare_needs_value",
        chain(SCORED, choice(compare("$.r.score", "gt", None))),
        "c",
        "config.branches.0.when",
    ),
    (
        "compare_type_mismatch",
        chain(SCORED, choice(compare("$.r.ok", "gt", 1))),
        "c",
        "config.branches.0.when",
    ),
    (
        "compare_type_mismatch",
        chain(SCORED, choice(compare("$.r.score", "contains", 1))),
        "c",
        "config.branches.0.when",
    ),
    (
        "compare_type_mismatch",
        flow(choice(compare("$.inputs.many[*]", "gt", 1)), inputs=TEXT_INPUT),
        "c",
        "config.branches.0.when",
    ),
    ("empty_condition", flow(choice({"not_": {"any": [{"all": []}]}})), "c", "config.branches.0.when"),
    ("empty_condition", flow(choice({"any": []})), "c", "config.branches.0.when"),
    (
        "loop_never_changes",
        flow(loop(mode="until", condition=compare("$.inputs.n")), agent(parent="l"), inputs=TEXT_INPUT),
        "l",
        "config.condition",
    ),
    (
        "while_before_first",
        flow(loop(mode="while", condition=compare("$.a")), agent(parent="l")),
        "l",
        "config.condition",
    ),
    # configuration
    ("agent_missing", flow(agent(config={"agent": None})), "a", "config.agent"),
    ("empty_prompt", flow(agent(prompt="  ")), "a", "config.prompt"),
    ("empty_prompt", flow(step("team", config={"members": ["writer"], "prompt": ""})), "s", "config.prompt"),
    (
        "fallback_not_agent",
        flow(transform(on_error={"action": "fallback", "agent": "critic"})),
        "t",
        "on_error",
    ),
    ("fallback_same", flow(agent(on_error={"action": "fallback", "agent": "writer"})), "a", "on_error.agent"),
    (
        "duplicate_member",
        flow(step("team", config={"members": ["writer", "writer"], "prompt": "x"})),
        "s",
        "config.members",
    ),
    ("bad_schema", flow(agent(output_schema={"type": "objct"})), "a", "output_schema"),
    ("bad_schema", flow(agent(output_schema={"$ref": "https://example.com/x"})), "a", "output_schema"),
    ("bad_schema", flow(approval(form={"properties": 3})), "ok", "config.form"),
    (
        "form_not_object",
        flow(step("input", config={"title": "t", "form": {"type": "string"}})),
        "s",
        "config.form",
    ),
    ("form_not_object", flow(step("input", config={"title": "t", "form": {}})), "s", "config.form"),
    ("nobody_asked", flow(approval(approvers=[])), "ok", "config.approvers"),
    (
        "nobody_asked",
        flow(step("input", config={"title": "t", "form": {}, "assignees": []})),
        "s",
        "config.assignees",
    ),
    ("quorum_too_large", flow(approval(approvers=["user:dan@example.com"], quorum=2)), "ok", "config.quorum"),
    ("due_after_expiry", flow(approval(due_s=20, expires_s=10)), "ok", "config.due_s"),
    ("auto_approve_too_late", flow(approval(auto_approve_s=10, expires_s=10)), "ok", "config.auto_approve_s"),
    ("unknown_revise", flow(approval(revise="nobody")), "ok", "config.revise"),
    (
        "revise_not_upstream",
        flow(approval(revise="a"), agent(), edges="ok:approved-a"),
        "ok",
        "config.revise",
    ),
    ("revise_not_upstream", flow(approval(revise="ok")), "ok", "config.revise"),
    (
        "revise_not_upstream",
        flow(loop(), agent("a", parent="l"), approval(revise="a"), edges="l-ok"),
        "ok",
        "config.revise",
    ),
    ("not_a_list", flow(loop(items="three"), agent(parent="l")), "l", "config.items"),
    ("not_a_list", flow(loop(items=3), agent(parent="l")), "l", "config.items"),
    (
        "not_a_list",
        flow(loop(items="a ${inputs.many}"), agent(parent="l"), inputs=TEXT_INPUT),
        "l",
        "config.items",
    ),
    (
        "not_a_list",
        flow(loop(items="${inputs.n}"), agent(parent="l"), inputs=TEXT_INPUT),
        "l",
        "config.items",
    ),
    (
        "not_a_list",
        flow(agent(), loop(items="${steps.a.output}"), agent("b", parent="l"), edges="a-l"),
        "l",
        "config.items",
    ),
    ("not_a_list", flow(transform(config={"source": {"a": 1}})), "t", "config.source"),
    (
        "items_over_limit",
        flow(loop(items=[1, 2, 3], max_iterations=2), agent(parent="l")),
        "l",
        "config.max_iterations",
    ),
    ("filter_without_source", flow(transform(config={"filter": compare("$.item")})), "t", "config.filter"),
    ("bad_time", flow(step("wait", config={"until": "tomorrow"})), "s", "config.until"),
    ("sla_over_timeout", flow(agent(sla={"target_s": 20}, timeout_s=10)), "a", "sla.target_s"),
    # what exists
    ("unknown_agent", flow(agent(config={"agent": "writter"})), "a", "config.agent"),
    ("unknown_agent", flow(agent(on_error={"action": "fallback", "agent": "nobody"})), "a", "on_error.agent"),
    (
        "unknown_agent",
        flow(step("team", config={"members": ["nobody"], "prompt": "x"})),
        "s",
        "config.members",
    ),
    (
        "unknown_capability",
        flow(agent(config={"agent": None, "capability": "singing"})),
        "a",
        "config.capability",
    ),
    ("unknown_tool", flow(agent(config={"tools": ["hammer"]})), "a", "config.tools"),
    ("unknown_tool", flow(step("tool", config={"tool": "server:hammer"})), "s", "config.tool"),
    ("missing_argument", flow(step("tool", config={"tool": "calculator"})), "s", "config.arguments"),
    (
        "unknown_argument",
        flow(step("tool", config={"tool": "calculator", "arguments": {"expression": "1", "digit": 1}})),
        "s",
        "config.arguments.digit",
    ),
    (
        "bad_argument",
        flow(step("tool", config={"tool": "calculator", "arguments": {"expression": "1", "digits": -1}})),
        "s",
        "config.arguments.digits",
    ),
    ("unknown_workflow", flow(step("workflow", config={"workflow": "nobody"})), "s", "config.workflow"),
    ("self_workflow", flow(step("workflow", config={"workflow": "this-one"})), "s", "config.workflow"),
    ("missing_child_input", flow(step("workflow", config={"workflow": "child"})), "s", "config.inputs"),
    (
        "unknown_child_input",
        flow(step("workflow", config={"workflow": "child", "inputs": {"topic": "x", "tpic": 1}})),
        "s",
        "config.inputs.tpic",
    ),
    (
        "bad_child_input",
        flow(step("workflow", config={"workflow": "child", "inputs": {"topic": "x", "n": "many"}})),
        "s",
        "config.inputs.n",
    ),
    ("unknown_person", flow(approval(approvers=["user:finn@example.com"])), "ok", "config.approvers"),
    (
        "unknown_group",
        flow(step("input", config={"title": "t", "form": {}, "assignees": ["group:bored"]})),
        "s",
        "config.assignees",
    ),
]

FINE: list[Document] = [
    flow(agent()),
    chain(
        SCORED,
        choice(compare("$.r.score", "gte", 0.8), compare("${steps.r.output.ok}", "eq", True)),
        agent("b"),
    ),
    chain(SCORED, choice(compare("$.r.score", "gt", "${inputs.n}")), agent("b"), inputs=TEXT_INPUT),
    chain(agent(), choice(compare("$.a", "gt", "2026-01-01")), agent("b")),
    chain(agent(), choice(compare("$.a", "in", ["x"])), agent("b")),
    chain(
        agent(), approval(revise="a", form={"properties": {"x": {}}}), agent("b", "${steps.ok.output.form.x}")
    ),
    chain(agent(), approval(approvers=["group:board", "user:Dan@example.com"], quorum=3), agent("b")),
    chain(agent(set_context={"tone": "${steps.a.output}"}), agent("b", "${context.tone}")),
    chain(agent(set_context={"tone": "x"}, config={"handoff": {"keys": ["tone"]}}), agent("b")),
    flow(agent(prompt="${user_input} ${inputs.n}"), inputs=TEXT_INPUT),
    flow(agent(prompt="${user_input}"), inputs=[{"name": "user_input", "type": "integer"}]),
    flow(
        loop(items="${inputs.many}", result="${steps.a.output}"),
        agent("a", "${item} ${loop.index}", parent="l"),
        inputs=TEXT_INPUT,
    ),
    flow(
        loop(mode="until", condition=compare("$.a", "contains", "x")),
        agent("a", "${loop.number}", parent="l"),
    ),
    flow(loop(mode="while", condition=compare("$.loop.index", "lt", 3)), agent("a", parent="l")),
    flow(
        loop(mode="until", condition=compare("${context.done}")),
        agent("a", parent="l", set_context={"done": "1"}),
    ),
    flow(
        loop(),
        agent("a", "${context.last}", parent="l"),
        agent("b", parent="l", set_context={"last": "x"}),
        edges="a-b",
    ),
    flow(
        transform(value="${item.name}", config={"source": "${inputs.many}", "filter": compare("$.item.n")}),
        inputs=TEXT_INPUT,
    ),
    chain(
        transform(value={"a": {"b": "x"}, "c": "${user_input}"}),
        agent("b", "${steps.t.output.a.b}"),
        inputs=TEXT_INPUT,
    ),
    chain(agent(on_error={"action": "continue", "default": {"x": 1}}), agent("b", "${steps.a.output.x}")),
    chain(
        agent(output_schema={"anyOf": [{"type": "string"}, {"type": "object"}]}),
        agent("b", "${steps.a.output.x}"),
    ),
    chain(agent(output_schema={"type": ["object", "null"]}), agent("b", "${steps.a.output.x.y[0]}")),
    chain(
        agent(output_schema={"type": "object", "properties": {}, "additionalProperties": True}),
        agent("b", "${steps.a.output.x}"),
    ),
    chain(
        agent(output_schema={"type": "array", "items": {"type": "object", "properties": {"x": True}}}),
        agent("b", "${steps.a.output[0].x.y}"),
    ),
    chain(
        step("tool", config={"tool": "anything", "arguments": {"x": 1}}), agent("b", "${steps.s.output.x.y}")
    ),
    flow(
        step("tool", config={"tool": "calculator", "arguments": {"expression": "${inputs.n}", "digits": 2}}),
        inputs=TEXT_INPUT,
    ),
    flow(
        step("workflow", config={"workflow": "child", "inputs": {"topic": "${user_input}", "n": "3"}}),
        inputs=TEXT_INPUT,
    ),
    flow(step("workflow", config={"workflow": "child", "version": 2, "inputs": {"old": 1}})),
    flow(step("wait", config={"until": "2026-03-31T09:00:00Z"})),
    flow(step("wait", config={"until": "${inputs.question}"}), inputs=TEXT_INPUT),
    flow(agent(sla={"target_s": 20}, timeout_s=10, retry={"attempts": 3})),
    flow(agent(config={"agent": None, "capability": "writing"})),
    flow(agent(), inputs=[{"name": "d", "type": "date", "default": "2026-01-01"}]),
    flow(
        step("sequential", "q"),
        agent(parent="q"),
        agent("b", "${steps.a.output}", parent="q"),
        agent("z", "${steps.q.output}"),
        edges="q-z",
    ),
    chain(
        step("team", config={"members": ["writer", "critic"], "prompt": "x"}),
        agent("b", "${steps.s.output.text}"),
    ),
]
