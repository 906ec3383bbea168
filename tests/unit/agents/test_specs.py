"""Agents as documents."""

import pytest

from agents.definitions import ready_agents
from agents.specs import parse
from agents.tools.catalogue import catalogue
from convergio.errors import InvalidInput

GOOD = {"slug": "a", "name": "A", "role": "r", "system_prompt": "p"}


def test_every_ready_agent_names_only_tools_that_exist() -> None:
    assert {tool for spec in ready_agents() for tool in spec.tools} <= set(catalogue())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slug": "1a"}, "slug"),
        ({"name": " "}, "name"),
        ({"temperature": 9}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"format": 2}, "format"),
        ({"tier": "gold"}, "tier"),
        ({"colour": "red"}, "colour"),
        ({"tools": "calculator"}, "tools"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(GOOD | change)
    assert caught.value.details[0]["field"] == field


def test_a_document_that_is_no_object_is_a_sentence() -> None:
    with pytest.raises(InvalidInput):
        parse([1])
