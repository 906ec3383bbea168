"""A text is offered only what is there before its step runs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workflows.strategies import definitions
from workflows.panels.variables import variables
from workflows.schema import Definition, parse_definition
from workflows.validation import validate

SCHEMA = {"type": "object", "properties": {"score": {"type": "number"}, "Total sales": {"type": "string"}}}
FLOW: dict[str, Any] = {
    "inputs": [{"name": "question", "type": "text"}, {"name": "table", "type": "file"}],
    "steps": [
        {
            "id": "first",
            "type": "agent",
            "name": "First look",
            "config": {"prompt": "x"},
            "output_schema": SCHEMA,
            "set_context": {"mood": "x"},
        },
        {"id": "second", "type": "agent", "config": {"prompt": "x"}},
        {"id": "aside", "type": "agent", "config": {"prompt": "x"}},
        {"id": "each", "type": "loop", "config": {"items": "${steps.first.output.rows}"}},
        {"id": "inner", "type": "transform", "parent": "each", "config": {"value": 1}},
    ],
    "edges": [{"source": "first", "target": "second"}, {"source": "second", "target": "each"}],
}


def offered(step: str | None, *scopes: str) -> set[str]:
    found = variables(parse_definition(FLOW), step)
    return {one.text for scope in scopes or ("any",) for one in found.get(scope, [])}  # type: ignore[call-overload]


def test_only_what_lies_before_is_offered() -> None:
    second = offered("second")
    assert {
        "${steps.first.output}",
        "${steps.first.output.score}",
        "${inputs.question}",
        "${user_input}",
    } <= second
    assert not any("second" in one or "aside" in one or "each" in one for one in second)
    assert not any("steps" in one for one in offered("first"))


def test_fields_are_offered_as_far_as_they_are_known() -> None:
    assert "${steps.first.output['Total sales']}" in offered("second")
    assert {"${inputs.table.name}", "${inputs.table.size}"} <= offered("first")


def test_each_place_sees_what_only_it_may_see() -> None:
    assert "${steps.first.output}" in offered("first", "own")
    assert {"${steps.inner.output}", "${item}", "${loop.number}"} <= offered("each", "inside")
    assert "${steps.inner.output}" not in offered("each")
    assert {"${item}", "${loop.index}", "${steps.second.output}"} <= offered("inner")
    assert "${item}" in offered("inner", "item")


def test_the_context_is_offered_after_it_is_set() -> None:
    assert "${context.mood}" in offered("second")
    assert "${context.mood}" not in offered("aside")


def test_the_outputs_of_a_workflow_see_the_steps_at_the_top() -> None:
    assert "${steps.each.output}" in offered(None)
    assert "${steps.inner.output}" not in offered(None)


@given(definitions(max_steps=8), st.data())
def test_what_is_offered_is_never_what_validation_refuses(
    definition: Definition, data: st.DataObject
) -> None:
    agents = [step for step in definition.steps if step.type == "agent"]
    if not agents:
        return
    step = data.draw(st.sampled_from(agents))
    for one in variables(definition, step.id)["any"]:
        config = step.config.model_copy(update={"prompt": one.text})
        changed = step.model_copy(update={"config": config})
        steps = tuple(changed if other.id == step.id else other for other in definition.steps)
        found = validate(definition.model_copy(update={"steps": steps}))
        assert not [
            f for f in found if f.step_id == step.id and f.field == "config.prompt" and f.severity == "error"
        ], one


def test_an_unknown_step_is_a_fault_of_the_caller() -> None:
    with pytest.raises(KeyError):
        variables(parse_definition(FLOW), "nobody")
