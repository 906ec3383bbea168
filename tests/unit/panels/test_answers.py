"""Buttons of an approval in its panel: their ports are made of their words."""

import pytest

from workflows.panels.fields import Field
from workflows.panels.forms import Form
from workflows.panels.kinds.answers import KINDS

FIELD = Field("config.answers", "Buttons", "answers")


def read(*rows: dict[str, str]) -> tuple[list[dict[str, object]], Form]:
    posted = {
        f"config.answers.{number}.{part}": text
        for number, row in enumerate(rows)
        for part, text in row.items()
    }
    form = Form.of({"config.answers": "", **posted})
    return KINDS["answers"].read(FIELD, form), form


@pytest.mark.parametrize(
    ("labels", "ids"),
    [
        (["Publish now", "Drop it"], ["publish_now", "drop_it"]),
        (["Yes", "yes!", "YES"], ["yes", "yes_2", "yes_3"]),
        (["42", "…", "Größe"], ["answer", "answer_2", "gre"]),
        (["x" * 90, "x" * 80], ["x" * 40, f"{'x' * 37}_2"]),
    ],
)
def test_a_port_is_made_of_the_buttons_words(labels: list[str], ids: list[str]) -> None:
    found, form = read(*({"label": label} for label in labels))
    assert [one["id"] for one in found] == ids
    assert not form.waits


def test_a_port_that_is_given_stays_when_words_change() -> None:
    found, _ = read({"id": "yes", "label": "Certainly"}, {"label": "Yes"})
    assert [one["id"] for one in found] == ["yes", "yes_2"]


def test_a_button_without_words_is_not_finished() -> None:
    _, form = read({"id": "yes"}, {"label": ""})
    assert list(form.waits) == ["config.answers.1.label"]
