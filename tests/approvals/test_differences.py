"""What changed since the last round, in words: as tables, and for texts that somebody made to be slow."""

import random
from typing import Any

import pytest

from approvals.differences import compare, compare_texts, differences, folded

BEFORE = "# Plan\n\nThe market grows by 12 percent, because prices rose.\n\nNext: hire two people.\n"
AFTER = "# Plan\n\nThe market grows by 14 percent, as prices rose sharply.\n\nNext: hire two people.\n"


def marked(old: str, new: str) -> str:
    """The difference as one text: [-gone-] and {+come+}."""
    signs = {"same": "{}", "del": "[-{}-]", "ins": "{{+{}+}}"}
    return "".join(signs[sign].format(text) for sign, text in compare_texts(old, new)[1])


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("", "", ""),
        ("same", "same", "same"),
        ("", "All new.", "{+All new.+}"),
        ("All gone.", "", "[-All gone.-]"),
        ("We hire two people now.", "We hire three people now.", "We hire [-two-]{+three+} people now."),
        ("Costs are 1,200.50 today", "Costs are 1,300.50 today", "Costs are [-1,200.50-]{+1,300.50+} today"),
        ("one two three a four", "one 2 three a 4", "one [-two-]{+2+} three a [-four-]{+4+}"),
        ("take the old way out", "take the new way out", "take the [-old-]{+new+} way out"),
        ("x to y and more of it", "p to q and more of it", "[-x to y-]{+p to q+} and more of it"),
        ("your friend’s house", "your sister’s house", "your [-friend’s-]{+sister’s+} house"),
        ("今天天气很好", "今天天气不好", "今天天气[-很-]{+不+}好"),
        (
            "nothing like it at all",
            "quite another thing",
            "[-nothing like it at all-]{+quite another thing+}",
        ),
        ("a\nb\nc\n", "a\nc\n", "a\n[-b\n-]c\n"),
    ],
)
def test_words_that_went_and_came_stand_where_they_were(old: str, new: str, shown: str) -> None:
    assert marked(old, new) == shown


def test_only_the_words_of_a_rewritten_line_are_marked() -> None:
    kind, runs = compare_texts(BEFORE, AFTER)
    assert kind == "words"
    assert [text for sign, text in runs if sign == "del"] == ["12", "because"]
    assert [text for sign, text in runs if sign == "ins"] == ["14", "as", "sharply"]


def test_both_texts_can_be_read_off_a_difference() -> None:
    random.seed(7)
    for _ in range(200):
        old, new = (" ".join(random.choices("abcdef\n", k=random.randint(0, 12))) for _ in range(2))
        _, runs = compare_texts(old, new)
        gone = "".join(text for sign, text in runs if sign in ("same", "del"))
        assert "".join(text for sign, text in runs if sign in ("same", "ins")) == new
        assert "".join(gone.split()) == "".join(old.split())


@pytest.mark.parametrize(
    ("old", "new", "places"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, {("b",): "[-2-]{+3+}"}),
        ({"a": 1}, {"c": 1}, {("a",): "[-1-]", ("c",): "{+1+}"}),
        ({"n": None}, {"n": "now"}, {("n",): "{+now+}"}),
        (
            {"deep": {"er": "old text here"}},
            {"deep": {"er": "new text here"}},
            {("deep", "er"): "[-old-]{+new+} text here"},
        ),
        (["x", "y"], ["x", "z"], {(): "x\n[-y-]{+z+}"}),
        ([{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 3}], {("2", "a"): "[-2-]{+3+}"}),
        ([{"a": 1}], [{"b": 0}, {"a": 1}], {("1",): '{+{\n  "b": 0\n}+}'}),
        ("text", {"a": 1}, {(): '[-text-]{+{\n  "a": 1\n}+}'}),
        (True, "true", {(): "true"}),
    ],
)
def test_values_are_entered_as_far_as_they_belong_together(
    old: Any, new: Any, places: dict[Any, str]
) -> None:
    signs = {"same": "{}", "del": "[-{}-]", "ins": "{{+{}+}}"}
    found = {
        part.place: "".join(signs[sign].format(text) for sign, text in part.runs)
        for part in differences(old, new)
    }
    assert found == places


def test_what_did_not_change_is_no_difference() -> None:
    value = {"a": [1, {"b": "c"}], "d": None}
    assert compare(value, value) == {"parts": [], "added": 0, "removed": 0, "left_out": 0}


def test_places_are_named_and_words_are_counted() -> None:
    found = compare(
        {"final_report": {"net_cost": "ten more words"}}, {"final_report": {"net_cost": "ten words"}}
    )
    assert [part["place"] for part in found["parts"]] == [["final_report", "net_cost"]]
    assert (found["added"], found["removed"]) == (0, 1)


def test_a_long_text_is_folded_around_its_changes() -> None:
    same = "word " * 500
    runs = folded(compare_texts(f"{same}\nold\n{same}", f"{same}\nnew\n{same}")[1])
    assert [sign for sign, _ in runs] == ["skip", "same", "del", "ins", "same", "skip"]
    assert sum(len(text) for sign, text in runs if sign != "skip") < 800
    assert int(runs[0][1]) > 400


RANDOM = random.Random(3)
WORDS = [f"w{number}" for number in range(3_000)]
LONG, OTHER = ("\n".join(" ".join(RANDOM.choices(WORDS, k=15)) for _ in range(2_500)) for _ in range(2))
ROWS = [f"row {number}\n" for number in range(20_000)]
SLOW = {
    "nothing in common": (LONG, OTHER),
    "one long line": (LONG.replace("\n", " "), OTHER.replace("\n", " ")),
    "the same line again and again": ("a\nb\n" * 50_000, "b\na\nb\nb\n" * 25_000),
    "one very long word": (" " * 200_000, "x" * 200_000),
    "the same lines in another order": ("".join(ROWS), "".join(RANDOM.sample(ROWS, len(ROWS)))),
    "the same lines backwards": ("".join(ROWS), "".join(reversed(ROWS))),
    "as long as nothing should be": (LONG * 4, OTHER * 4),
}


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.timeout(20)
def test_a_text_made_to_be_slow_is_compared_in_time_and_shown_shortly(name: str) -> None:
    old, new = SLOW[name]
    found = compare({"text": old}, {"text": new})
    assert len(found["parts"]) == 1
    assert found["added"] + found["removed"] > 0
    assert len(str(found)) < 120_000


def test_a_long_text_with_a_few_changes_is_still_compared_word_by_word() -> None:
    found = compare(LONG, LONG.replace("w77 ", "other "))
    assert found["parts"][0]["kind"] == "words"
    assert found["added"] == found["removed"] == LONG.count("w77 ")


def test_two_long_texts_with_nothing_in_common_are_compared_by_lines() -> None:
    assert compare_texts(LONG, OTHER)[0] == "lines"
