"""What changed since the last version, as people say it."""

from typing import Any

from hypothesis import given

from tests.unit.workflows.strategies import definitions
from workflows.panels.layouts import label_of
from workflows.panels.words import changes_in_words
from workflows.schema import Definition, StepType, dump_definition

OLD: dict[str, Any] = {
    "steps": [
        {"id": "look", "type": "agent", "name": "Look", "config": {"prompt": "short", "agent": "analyst"}},
        {"id": "rest", "type": "wait", "config": {"seconds": 60}},
    ],
    "edges": [{"source": "look", "target": "rest"}],
}


def said(**steps: Any) -> list[str]:
    new = {**OLD, "steps": [{**one, **steps.get(one["id"], {})} for one in OLD["steps"]]}
    return [one.sentence for one in changes_in_words(OLD, new)]


def test_nothing_changed_is_nothing_said() -> None:
    assert said() == []
    assert said(look={"position": {"x": 5, "y": 6}}) == []


def test_a_short_value_is_said_with_what_it_was() -> None:
    changed = said(look={"config": {"prompt": "short", "agent": "writer"}})
    assert changed == ["“Look”: Agent is “writer” (was “analyst”)."]
    assert said(look={"timeout_s": 120}) == ["“Look”: Give up after is set to 2 min."]


def test_a_long_text_is_said_to_be_rewritten() -> None:
    assert said(look={"config": {"prompt": "x" * 200, "agent": "analyst"}}) == [
        "“Look”: Prompt was rewritten."
    ]


def test_steps_and_lines_that_come_and_go_are_named_by_their_titles() -> None:
    new = {
        "steps": [OLD["steps"][0], {"id": "more", "type": "transform", "config": {"value": 1}}],
        "edges": [],
    }
    assert [(one.kind, one.sentence) for one in changes_in_words(OLD, new)] == [
        ("added", "“More” was added."),
        ("removed", "“Rest” was removed."),
        ("line", "The line from “Look” to “Rest” was taken away."),
    ]


def test_a_port_and_the_settings_are_named() -> None:
    new = {**OLD, "edges": [{"source": "look", "port": "error", "target": "rest"}], "outputs": {"a": 1}}
    sentences = [one.sentence for one in changes_in_words(OLD, new)]
    assert "The line from “Look” (error) to “Rest” was drawn." in sentences
    assert "Workflow: its outputs changed." in sentences


@given(definitions(max_steps=6), definitions(max_steps=6))
def test_any_two_definitions_can_be_told_apart_in_words(old: Definition, new: Definition) -> None:
    one, other = dump_definition(old), dump_definition(new)
    assert all(said.sentence.endswith(".") for said in changes_in_words(one, other))
    assert changes_in_words(one, one) == []


def test_every_key_of_every_type_has_a_label() -> None:
    for kind in StepType:
        assert label_of(kind, "retry.attempts") == "Attempts"
    assert label_of("agent", "config.prompt") == "Prompt"
    assert label_of("team", "config.selector_prompt") == "How the next one is chosen"
    assert label_of("loop", "config.condition.path") == "Condition"
    assert label_of("agent", "config.unheard_of") == "unheard of"
