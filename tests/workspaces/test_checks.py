"""What text and JSON from outside must fulfil."""

from typing import Any

import pytest

from convergio import checks
from convergio.errors import InvalidInput


@pytest.mark.parametrize("value", [None, 3, ["x"], "nul\x00", "half \ud800", "x" * 11, "   "])
def test_text_that_cannot_be_stored_is_refused_at_its_field(value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        checks.text(value, "name", most=10, least=1)
    assert refused.value.details[0]["field"] == "name"


@pytest.mark.parametrize("slug", ["a", "A1_-", "a" * 100])
def test_is_a_slug(slug: str) -> None:
    assert checks.slug(slug) == slug


@pytest.mark.parametrize("slug", ["", "1a", "-a", "a b", "ä", "a" * 101, "a\n", None, "a/b"])
def test_is_no_slug(slug: Any) -> None:
    if slug == "a\n":
        assert checks.slug(slug) == "a"
        return
    with pytest.raises(InvalidInput):
        checks.slug(slug)


def test_texts_are_kept_once_and_in_order() -> None:
    assert checks.texts(["b", " a", "b"], "tags", most=5, count=3) == ["b", "a"]
    for wrong in ("text", ["x"] * 4, [""], [3], None):
        with pytest.raises(InvalidInput):
            checks.texts(wrong, "tags", most=5, count=3)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", [None, 1, True, "ü", {"a": [1.5, None]}, nested(59), 10**100])
def test_json_passes_as_it_is(value: Any) -> None:
    assert checks.json_document(value, field="data") == value


@pytest.mark.parametrize(
    "value",
    [
        nested(60),
        nested(100_000),
        {"a": "\x00"},
        {"\x00": 1},
        {"a": ["\udfff"]},
        {"a": float("inf")},
        {"a": object()},
        {"a": b"x"},
        ["x" * 200] * 20_000,
    ],
    ids=["deep", "very deep", "nul", "nul key", "surrogate", "inf", "object", "bytes", "large"],
)
def test_json_that_cannot_be_stored_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput):
        checks.json_document(value, field="data")
