"""Small definitions that tests use."""

from typing import Any

SMALL: dict[str, Any] = {
    "format": 1,
    "inputs": [{"name": "city", "required": True}],
    "steps": [
        {"id": "greet", "type": "transform", "config": {"value": "Hello ${inputs.city}"}},
        {"id": "gate", "type": "approval", "config": {"title": "Send it?", "revise": "greet"}},
        {"id": "send", "type": "transform", "config": {"value": "${steps.greet.output}!"}},
    ],
    "edges": [
        {"source": "greet", "target": "gate"},
        {"source": "gate", "port": "approved", "target": "send"},
    ],
    "outputs": {"text": "${steps.send.output}"},
}

CYCLE: dict[str, Any] = {
    "steps": [
        {"id": "a", "type": "transform", "config": {"value": 1}},
        {"id": "b", "type": "transform", "config": {"value": 2}},
    ],
    "edges": [{"source": "a", "target": "b"}, {"source": "b", "target": "a"}],
}


def greeting(word: str) -> dict[str, Any]:
    """The small definition with another first word."""
    first = {"id": "greet", "type": "transform", "config": {"value": f"{word} ${{inputs.city}}"}}
    return {**SMALL, "steps": [first, *SMALL["steps"][1:]]}
