"""The shapes of runs that are attacked, and what each must have done when it completes.

Every prompt and every note begins with the run's key in brackets, which servers cut off before they answer: so two
runs of one shape and number give the same outputs, and yet every call and effect can be traced to its run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.executions.flows import agent, chain, tool

KEY = "[${inputs.key}] "
INPUTS = [{"name": "key", "required": True}, {"name": "n", "type": "integer", "required": True}]
ITEMS = ["red", "green", "blue", "white"]
BRANCHES = ("a", "b", "c", "d", "e")
RACE = "Who is first?"
"""The title of questions that are answered in a race."""
UNKNOWN = "nobody knows"
"""The output of a tool step that must not be repeated and was cut off."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A workflow; the notes that a completed run of it leaves with the recorder, by the run's number."""

    slug: str
    definition: dict[str, Any]
    notes: Callable[[int], list[str]] = lambda n: []


def _ask(step_id: str, words: str, **more: Any) -> dict[str, Any]:
    return agent(step_id, KEY + words, **more)


def _record(step_id: str, note: str, failures: int = 0, **more: Any) -> dict[str, Any]:
    given = {"run": "${inputs.key}", "note": note, **({"failures": failures} if failures else {})}
    return tool(step_id, "record", given, **more)


def _value(step_id: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "type": "transform", "config": {"value": value}, **more}


def _edge(source: str, target: str, port: str = "done") -> dict[str, str]:
    return {"source": source, "port": port, "target": target}


def _inner() -> Shape:
    document = chain(
        _ask("think", "think of ${inputs.n}"), _record("keep", "inner ${inputs.n}"), inputs=INPUTS
    )
    return Shape("inner", document | {"outputs": {"text": "${steps.think.output}"}}, lambda n: [f"inner {n}"])


def _chain() -> Shape:
    given = {"workflow": "inner", "inputs": {"key": "${inputs.key}", "n": "${inputs.n}"}}
    steps = [
        _ask("plan", "plan ${inputs.n}"),
        {"id": "delegate", "type": "workflow", "config": given},
        _record("keep", "chain ${steps.plan.output}"),
        _ask("conclude", "conclude ${steps.plan.output} and ${steps.delegate.output.text}"),
    ]
    outputs = {"end": "${steps.conclude.output}", "inner": "${steps.delegate.output.text}"}
    notes = lambda n: [f"inner {n}", f"chain said: plan {n}"]  # noqa: E731
    return Shape("chain", chain(*steps, inputs=INPUTS, outputs=outputs), notes)


def _fan() -> Shape:
    branches = [_ask(name, f"look at {name} of ${{inputs.n}}") for name in BRANCHES]
    steps = [_ask("head", "begin ${inputs.n}"), *branches]
    steps.append(_value("join", [f"${{steps.{name}.output}}" for name in BRANCHES]))
    steps.append(_record("keep", "fan ${inputs.n}"))
    edges = [edge for name in BRANCHES for edge in (_edge("head", name), _edge(name, "join"))]
    document = {"format": 1, "inputs": INPUTS, "steps": steps, "edges": [*edges, _edge("join", "keep")]}
    return Shape("fan", document | {"outputs": {"all": "${steps.join.output}"}}, lambda n: [f"fan {n}"])


def _condition() -> Shape:
    odd = {"port": "odd", "when": {"path": "$.inputs.n", "op": "in", "value": [1, 3, 5, 7]}}
    steps = [
        _ask("look", "look at ${inputs.n}"),
        {"id": "choose", "type": "condition", "config": {"branches": [odd]}},
        _record("on_odd", "odd ${inputs.n}"),
        _record("on_even", "even ${inputs.n}"),
        _value("after", {"odd": "${steps.on_odd.output}", "even": "${steps.on_even.output}"}),
    ]
    edges = [_edge("look", "choose"), _edge("choose", "on_odd", "odd"), _edge("choose", "on_even", "else")]
    edges += [_edge("on_odd", "after"), _edge("on_even", "after")]
    document = {"format": 1, "inputs": INPUTS, "steps": steps, "edges": edges}
    outputs = {"outputs": {"after": "${steps.after.output}"}}
    return Shape("condition", document | outputs, lambda n: [f"{'odd' if n % 2 else 'even'} {n}"])


def _loop() -> Shape:
    config = {"mode": "for_each", "items": ITEMS, "concurrency": 2}
    steps = [
        {"id": "each", "type": "loop", "config": config},
        _ask("paint", "paint ${item} ${inputs.n}", parent="each"),
        _record("keep", "${item} ${inputs.n}", parent="each"),
        _ask("sum_up", "sum up ${steps.each.output}"),
    ]
    edges = [_edge("paint", "keep"), _edge("each", "sum_up")]
    document = {"format": 1, "inputs": INPUTS, "steps": steps, "edges": edges}
    outputs = {"outputs": {"end": "${steps.sum_up.output}", "each": "${steps.each.output}"}}
    return Shape("loop", document | outputs, lambda n: [f"{item} {n}" for item in ITEMS])


def gate(step_id: str = "gate", **config: Any) -> dict[str, Any]:
    """An approval that approvers are asked for."""
    more = {"parent": config.pop("parent")} if "parent" in config else {}
    given = {"title": "Go on with ${inputs.n}?", "data": "${inputs.n}", **config}
    return {"id": step_id, "type": "approval", "config": given, **more}


def _approval() -> Shape:
    steps = [
        {"id": "both", "type": "parallel", "config": {}},
        _ask("draft", "draft ${inputs.n}", parent="both"),
        _ask("polish", "polish ${steps.draft.output}", parent="both"),
        gate(parent="both"),
        _record("keep", "agreed ${inputs.n}"),
    ]
    edges = [_edge("draft", "polish"), _edge("both", "keep")]
    document = {"format": 1, "inputs": INPUTS, "steps": steps, "edges": edges}
    outputs = {"outputs": {"text": "${steps.polish.output}", "decision": "${steps.gate.output.decision}"}}
    return Shape("approval", document | outputs, lambda n: [f"agreed {n}"])


def _tool(recorder: str) -> Shape:
    retry = {"attempts": 6, "backoff_s": 0.2, "factor": 1.0, "jitter": 0.0}
    body = {"run": "${inputs.key}", "note": "once ${inputs.n}"}
    given = {"url": f"{recorder}/once", "method": "POST", "body": body}
    steps = [
        _record("stubborn", "stubborn ${inputs.n}", failures=2, retry=retry),
        tool("once", "http_request", given, on_error={"action": "port"}),
        _value("sent", "sent"),
        _value("cut_off", UNKNOWN),
    ]
    edges = [_edge("stubborn", "once"), _edge("once", "sent"), _edge("once", "cut_off", "error")]
    document = {"format": 1, "inputs": INPUTS, "steps": steps, "edges": edges}
    outputs = {"outputs": {"sent": "${steps.sent.output}", "cut_off": "${steps.cut_off.output}"}}
    return Shape("tool", document | outputs, lambda n: [f"stubborn {n}", f"once {n}"])


def shapes(recorder: str) -> dict[str, Shape]:
    """The six shapes by slug; `inner` is what a chain calls."""
    made = (_inner(), _chain(), _fan(), _condition(), _loop(), _approval(), _tool(recorder))
    return {shape.slug: shape for shape in made}


def race() -> Shape:
    """One approval with a way on for every outcome: for decisions that race each other, time and cancellation."""
    ports = ("approved", "rejected", "timeout")
    steps = [gate(title=RACE, expires_s=1.5), *(_value(f"on_{port}", port) for port in ports)]
    edges = [_edge("gate", f"on_{port}", port) for port in ports]
    outputs = {f"on_{port}": f"${{steps.on_{port}.output}}" for port in ports}
    return Shape("race", {"format": 1, "inputs": INPUTS, "steps": steps, "edges": edges, "outputs": outputs})


def held() -> Shape:
    """A question that nobody answers: such a run ends when it is told to."""
    return Shape("held", chain(gate(title=RACE), inputs=INPUTS))


def guard() -> Shape:
    """A run that waits for one that is held."""
    given = {"workflow": "held", "inputs": {"key": "${inputs.key}", "n": "${inputs.n}"}}
    return Shape("guard", chain({"id": "watch", "type": "workflow", "config": given}, inputs=INPUTS))


def poisoned() -> Shape:
    """What rows belong to that nobody can read."""
    return Shape("poisoned", chain(gate(title=RACE), inputs=INPUTS))
