"""Definitions made to keep the checks busy."""

from typing import Any

import pytest

from workflows.expressions import MAX_LEVELS, Scope, TemplateTooLarge, resolve
from workflows.validation import MAX_FINDINGS, check_document


def transform(number: int, value: str) -> dict[str, Any]:
    return {"id": f"step_{number}", "type": "transform", "config": {"value": value}}


def test_one_fault_repeated_in_a_text_is_found_once() -> None:
    _, found = check_document({"format": 1, "steps": [transform(1, "${inputs.x}" * 500)]})
    assert [one.code for one in found] == ["unknown_input"]


def test_findings_end_where_nobody_would_read_them() -> None:
    wrong = " ".join(f"${{steps.stap_{number}.output}}" for number in range(500))
    _, found = check_document({"format": 1, "steps": [transform(n, wrong) for n in range(5)]})
    codes = [one.code for one in found]
    assert codes.count("unknown_step") == MAX_FINDINGS


def test_results_cannot_be_nested_without_end_step_by_step() -> None:
    value: Any = []
    for _ in range(MAX_LEVELS - 1):
        value = resolve(["${item}"], Scope(item=value))
    with pytest.raises(TemplateTooLarge, match="levels"):
        resolve([["${item}"]], Scope(item=value))
