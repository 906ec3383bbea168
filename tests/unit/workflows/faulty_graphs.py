"""Definitions whose names, containers or edges have a known fault each."""

from tests.unit.workflows.building import (
    TEXT_INPUT,
    Case,
    agent,
    chain,
    choice,
    compare,
    flow,
    loop,
    nested,
    step,
)

FAULTY_GRAPHS: list[Case] = [
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
    ("nested_too_deep", nested(9), "c8", "parent"),
    ("nested_too_deep", nested(30), "c8", "parent"),
    ("path_too_long", nested(8, kind="loop", length=55), "c7".ljust(55, "_"), "id"),
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
]
