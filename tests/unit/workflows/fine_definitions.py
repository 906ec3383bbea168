"""Definitions without any error or warning."""

from tests.unit.workflows.building import (
    SCORED,
    TEXT_INPUT,
    Document,
    agent,
    approval,
    chain,
    choice,
    compare,
    flow,
    loop,
    nested,
    step,
    transform,
)

FINE: list[Document] = [
    nested(8),
    nested(8, kind="loop", length=54),
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
