"""What a form shows is what it saves: every type of step, whatever is set in it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.panels.documents import CONFIGS, step_documents
from tests.unit.workflows.strategies import definitions
from workflows.panels.forms import Form
from workflows.panels.offers import AgentOffer, Offers, ToolOffer
from workflows.panels.steps import Sheet, step_sheet, workflow_sheet
from workflows.schema import Definition, dump_definition, parse_definition

OFFERS = Offers(
    agents=(AgentOffer("analyst", "Analyst"),),
    tools=(ToolOffer("calculator", "Calculator", parameters={"properties": {"text": {"type": "string"}}}),),
)


def sent(form: Form) -> Form:
    """What a browser posts of a form that nobody touched: lines end in two characters."""
    return Form.of({name: text.replace("\n", "\r\n") for name, text in form.values.items()})


def definition_of(document: dict[str, Any]) -> Definition:
    return parse_definition({"steps": [document]})


def plain(document: dict[str, Any]) -> dict[str, Any]:
    """A step as the schema reads it."""
    return dump_definition(definition_of(document))["steps"][0]


def read_anew(sheet: Sheet) -> dict[str, Any]:
    """A document made from every field of a form, as if all had been touched."""
    nothing = Form(dict.fromkeys(sheet.blank().values, "something else"))
    outcome = sheet.work_out(
        sent(sheet.blank()), nothing, forced=frozenset(one.name for one in sheet.fields())
    )
    assert (outcome.posted.faults, outcome.posted.waits) == ({}, {})
    assert set(outcome.saved) == {one.name for one in sheet.fields()}
    return outcome.document


@pytest.mark.parametrize("kind", sorted(CONFIGS))
@given(data=st.data())
def test_every_field_reads_what_it_wrote(kind: str, data: st.DataObject) -> None:
    document = data.draw(step_documents(kind))
    sheet = step_sheet(definition_of(document), "it", OFFERS)
    assert plain(read_anew(sheet)) == plain(document)


@given(step_documents())
def test_sending_an_untouched_form_touches_nothing(document: dict[str, Any]) -> None:
    sheet = step_sheet(definition_of(document), "it", OFFERS)
    outcome = sheet.work_out(sent(sheet.blank()), sheet.blank())
    assert outcome.saved == []
    assert outcome.document == sheet.document


@given(definitions(max_steps=8))
def test_the_steps_of_random_workflows_survive_their_forms(definition: Definition) -> None:
    for step in definition.steps:
        sheet = step_sheet(definition, step.id, OFFERS)
        read = Definition.model_validate({"steps": [read_anew(sheet)]})
        assert read.steps[0] == step
    sheet = workflow_sheet(definition, OFFERS)
    assert dump_definition(parse_definition(read_anew(sheet))) == dump_definition(
        definition.model_copy(update={"steps": (), "edges": (), "notes": ()})
    )
