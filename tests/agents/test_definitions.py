"""The agents that come with the product: every file is readable, distinct, and of use to a small model."""

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import agents
from agents import specs
from agents.tools.catalogue import catalogue

FOLDER = Path(agents.__file__).parent / "definitions"
DOCUMENTS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
EVERY_AGENT = pytest.mark.parametrize("slug", list(DOCUMENTS))

CATEGORIES = {
    "strategy",
    "finance",
    "research",
    "sales",
    "marketing",
    "support",
    "people",
    "legal",
    "product",
    "engineering",
    "data",
    "operations",
    "leadership",
}


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def _phrases(text: str, length: int = 4) -> set[tuple[str, ...]]:
    words = _words(text)
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


def _shared(left: str, right: str) -> float:
    """The share of four-word phrases that two prompts have in common, 0 to 1."""
    ours, theirs = _phrases(left), _phrases(right)
    return len(ours & theirs) / min(len(ours), len(theirs))


def test_there_are_at_least_thirty_agents() -> None:
    assert len(DOCUMENTS) >= 30


def test_every_trade_has_an_agent() -> None:
    assert {document["category"] for document in DOCUMENTS.values()} == CATEGORIES


def test_names_and_icons_tell_agents_apart() -> None:
    for field in ("name", "icon"):
        values = Counter(document[field] for document in DOCUMENTS.values())
        assert [value for value, times in values.items() if times > 1] == [], field


@EVERY_AGENT
def test_a_file_is_a_valid_agent(slug: str) -> None:
    assert specs.parse(DOCUMENTS[slug]).slug == slug


@EVERY_AGENT
def test_a_file_is_named_as_its_agent(slug: str) -> None:
    assert DOCUMENTS[slug]["slug"] == slug


@EVERY_AGENT
def test_a_prompt_has_substance_and_leaves_a_small_model_room_for_material(slug: str) -> None:
    prompt = DOCUMENTS[slug]["system_prompt"]
    assert 700 <= len(prompt) <= 2400
    assert 150 <= len(_words(prompt)) <= 350


def test_no_two_prompts_are_alike() -> None:
    alike = [
        (one, other, round(share, 2))
        for one, other in combinations(DOCUMENTS, 2)
        if (share := _shared(DOCUMENTS[one]["system_prompt"], DOCUMENTS[other]["system_prompt"])) > 0.06
    ]
    assert alike == []


@EVERY_AGENT
def test_an_agent_uses_only_known_tools(slug: str) -> None:
    tools = DOCUMENTS[slug]["tools"]
    assert set(tools) <= catalogue().keys()
    assert len(tools) == len(set(tools))


@EVERY_AGENT
def test_an_agent_can_be_found_and_described(slug: str) -> None:
    document = DOCUMENTS[slug]
    assert len(document["capabilities"]) >= 2
    assert all(re.fullmatch(r"[a-z][a-z0-9-]+", name) for name in document["capabilities"] + document["tags"])
    assert 60 <= len(document["description"]) <= 300


@EVERY_AGENT
def test_settings_lie_in_sensible_ranges(slug: str) -> None:
    document = DOCUMENTS[slug]
    assert document["tier"] in {"economy", "standard", "premium"}
    assert 0 <= document["temperature"] <= 1
    assert 200 <= document["max_tokens"] <= 1000
