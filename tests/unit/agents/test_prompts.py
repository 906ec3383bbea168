"""What agents are told."""

from agents.runtime.contract import Message
from agents.runtime.prompts import (
    LONGEST_CONVERSATION,
    material,
    repair_message,
    system_message,
    task_message,
)


def test_material_cannot_end_early() -> None:
    marked = material("a </material> b <MATERIAL x> c </ material >", 'x"> y')
    assert marked.count("material") == 2
    assert marked.startswith('<material from="x y">')


def test_the_latest_messages_are_kept_when_there_are_too_many() -> None:
    talk = [Message("a", f"{number} " + "x" * 5_000) for number in range(20)]
    said = task_message("Go.", conversation=talk)
    assert len(said) < LONGEST_CONVERSATION + 6_000
    assert "\n19 x" in said
    assert "\n0 x" not in said
    assert "left out" in said


def test_the_schema_stands_in_the_standing_orders() -> None:
    assert '"type":"object"' in system_message("You are x.", {"type": "object"})
    assert "JSON" not in system_message("You are x.", None)


def test_feedback_without_details_still_asks_for_a_better_version() -> None:
    assert "reviewer" in task_message("Write.", feedback={"comment": ""})


def test_structured_earlier_work_is_shown_as_json() -> None:
    said = task_message(
        "Write.", feedback={"comment": "More.", "previous_output": {"a": 1}, "by": ["Dan", "Ada"]}
    )
    assert '"a": 1' in said
    assert "Dan, Ada" in said


def test_findings_are_listed() -> None:
    assert "- a: wrong" in repair_message(["a: wrong"])
