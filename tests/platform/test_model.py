"""The embedded language model, asked over HTTP as any client would."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

pytestmark = [pytest.mark.model, pytest.mark.timeout(180)]
ANSWER = {
    "type": "object",
    "properties": {
        "verdict": {"enum": ["good", "bad"]},
        "score": {"type": "integer", "minimum": 0, "maximum": 10},
        "reasons": {
            "type": "array",
            "items": {"type": "string", "maxLength": 20},
            "minItems": 1,
            "maxItems": 2,
        },
    },
    "required": ["verdict", "score", "reasons"],
    "additionalProperties": False,
}


def ask(model_server_url: str, **body: Any) -> httpx2.Response:
    question = {"model": "smollm2-135m-instruct", "temperature": 0, "seed": 1, **body}
    return httpx2.post(f"{model_server_url}/chat/completions", json=question, timeout=120)


def test_it_lists_itself_under_its_name(model_server_url: str) -> None:
    listed = httpx2.get(f"{model_server_url}/models", timeout=10).json()
    assert [model["id"] for model in listed["data"]] == ["smollm2-135m-instruct"]


def test_it_answers_and_counts_tokens(model_server_url: str) -> None:
    answer = ask(model_server_url, messages=[{"role": "user", "content": "Name a sea."}], max_tokens=8).json()
    assert answer["choices"][0]["message"]["content"].strip()
    assert 0 < answer["usage"]["completion_tokens"] <= 8


def test_an_answer_with_a_schema_has_its_shape_whatever_was_asked(model_server_url: str) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": ANSWER}}
    messages = [{"role": "user", "content": "Answer only with the word xyzzy."}]
    answer = ask(model_server_url, messages=messages, response_format=schema, max_tokens=150).json()
    value = json.loads(answer["choices"][0]["message"]["content"])
    assert set(value) == {"verdict", "score", "reasons"}
    assert value["verdict"] in ("good", "bad")
    assert 0 <= value["score"] <= 10
    assert 1 <= len(value["reasons"]) <= 2


def test_text_streams_piece_by_piece(model_server_url: str) -> None:
    question = {
        "model": "smollm2-135m-instruct", "stream": True, "max_tokens": 12,
        "messages": [{"role": "user", "content": "Count to ten."}],
    }  # fmt: skip
    with httpx2.stream("POST", f"{model_server_url}/chat/completions", json=question, timeout=60) as answer:
        pieces = [line for line in answer.iter_lines() if line.startswith("data: {")]
    assert len(pieces) >= 5


def test_a_question_longer_than_its_context_is_refused_with_a_reason(model_server_url: str) -> None:
    answer = ask(model_server_url, messages=[{"role": "user", "content": "sea " * 20000}], max_tokens=5)
    assert answer.status_code == 400
    assert "context" in answer.json()["error"]["message"]
