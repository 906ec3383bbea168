"""Only what was touched is saved, only what can be read, and nobody's words are lost."""

from typing import Any

import pytest

from workflows.panels.forms import Form
from workflows.panels.offers import Offers
from workflows.panels.saving import Outcome, form_name, shown
from workflows.panels.steps import Sheet, step_sheet
from workflows.schema import parse_definition

AGENT: dict[str, Any] = {"id": "it", "type": "agent", "config": {"agent": "analyst", "prompt": "Look"}}


def sheet_of(step: dict[str, Any], *others: dict[str, Any]) -> Sheet:
    return step_sheet(parse_definition({"steps": [step, *others]}), str(step["id"]), Offers())


def sent(sheet: Sheet, base: Form | None = None, held: str = "", keep: str = "", **changes: str) -> Outcome:
    base = base or sheet.blank()
    posted = Form({**base.values, **{name.replace("__", "."): text for name, text in changes.items()}})
    chosen = {"held": frozenset({held} - {""}), "forced": frozenset({keep} - {""})}
    return sheet.work_out(posted, base, **chosen)


def test_only_what_was_touched_is_saved() -> None:
    outcome = sent(sheet_of(AGENT), config__prompt="Look twice")
    assert outcome.saved == ["config.prompt"]
    assert outcome.is_whole
    assert outcome.document["config"]["prompt"] == "Look twice"
    assert outcome.document["config"]["agent"] == "analyst"


def test_a_fault_keeps_its_field_back_and_no_other() -> None:
    sheet = sheet_of(AGENT)
    outcome = sent(sheet, config__prompt="Look twice", timeout_s="soon", config__max_tokens="0")
    assert outcome.saved == ["config.prompt"]
    assert set(outcome.posted.faults) == {"timeout_s", "config.max_tokens"}
    assert "at least 1" in outcome.posted.faults["config.max_tokens"]
    form = shown(sheet.fields(), outcome)
    assert (form.text("timeout_s"), form.text("config.max_tokens")) == ("soon", "0"), "what was written stays"


def test_what_others_changed_elsewhere_is_kept() -> None:
    base = sheet_of(AGENT).blank()
    now = sheet_of({**AGENT, "notes": "Ben was here", "config": {**AGENT["config"], "agent": "writer"}})
    outcome = sent(now, base, config__prompt="Look twice")
    assert outcome.document["notes"] == "Ben was here"
    assert (
        outcome.document["config"] | {"prompt": "Look twice", "agent": "writer"} == outcome.document["config"]
    )


def test_two_who_wrote_in_one_field_both_see_both() -> None:
    base = sheet_of(AGENT).blank()
    now = sheet_of({**AGENT, "config": {**AGENT["config"], "prompt": "Theirs"}})
    outcome = sent(now, base, config__prompt="Mine")
    assert outcome.saved == []
    assert outcome.theirs == {"config.prompt": "Theirs"}
    assert shown(now.fields(), outcome).text("config.prompt") == "Mine"
    waiting = Form({**now.blank().values, "config.prompt": "Mine"})
    again = sent(now, waiting, held="config.prompt", notes="Something else")
    assert (again.saved, again.theirs) == (["notes"], {"config.prompt": "Theirs"}), "it waits for a choice"
    kept = sent(now, waiting, held="config.prompt", keep="config.prompt")
    assert kept.document["config"]["prompt"] == "Mine"


def test_two_who_wrote_the_same_do_not_quarrel() -> None:
    base = sheet_of(AGENT).blank()
    now = sheet_of({**AGENT, "config": {**AGENT["config"], "prompt": "Same"}})
    outcome = sent(now, base, config__prompt="Same")
    assert outcome.theirs == {}
    assert outcome.document == now.document


def test_a_loop_that_needs_a_condition_waits_for_it() -> None:
    loop = {"id": "it", "type": "loop", "config": {"items": [1]}}
    sheet = sheet_of(loop)
    outcome = sent(sheet, config__mode="while")
    assert outcome.saved == []
    assert "needs `condition`" in outcome.posted.faults["config.mode"]
    form = shown(sheet.fields(outcome.posted), outcome)
    assert form.text("config.mode") == "while"
    form.values |= {"config.condition.kind": "compare", "config.condition.path": "$.loop.index"}
    form.values |= {"config.condition.op": "lt", "config.condition.value": "3"}
    done = sheet.work_out(Form(dict(form.values)), sheet.blank())
    assert done.is_whole
    assert done.document["config"]["condition"] == {"path": "$.loop.index", "op": "lt", "value": 3}


def test_an_id_that_is_taken_or_none_is_refused_in_its_field() -> None:
    sheet = sheet_of(AGENT, {**AGENT, "id": "other"})
    assert "already a step" in sent(sheet, id="other").posted.faults["id"]
    assert "letter" in sent(sheet, id="5 it").posted.faults["id"]
    assert "empty" in sent(sheet, id="").posted.waits["id"]
    assert sent(sheet, id="fresh").document["id"] == "fresh"


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("config.branches.0.when.all.1.path", "config.branches.0.when.items.1.path"),
        ("config.condition.not_.any.0.op", "config.condition.items.0.items.0.op"),
        ("config.prompt", "config.prompt"),
    ],
)
def test_a_fault_in_a_group_is_found_in_its_row(place: str, name: str) -> None:
    assert form_name(place) == name


def test_a_name_that_means_nothing_changes_nothing() -> None:
    outcome = sent(
        sheet_of(AGENT), config="x", config__nonsense="y", type="tool", __class__="z", position="1"
    )
    assert outcome.saved == []
    assert outcome.document == sheet_of(AGENT).document


def test_an_empty_base_makes_everything_touched_and_nothing_worse() -> None:
    sheet = sheet_of(AGENT)
    outcome = sheet.work_out(sheet.blank(), Form({}))
    assert outcome.document["config"]["prompt"] == "Look"
    assert outcome.is_whole
