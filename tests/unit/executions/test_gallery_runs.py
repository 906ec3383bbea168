"""Every template of the gallery comes to a sensible end, on each of its ways."""

from typing import Any

import pytest

from executions.engine import Phase, RunStatus
from tests.unit.executions.gallery import Rehearsal
from workflows import templates
from workflows.schema import AgentStep, ApprovalStep

SLUGS = sorted(template.slug for template in templates.all_templates())
EVERY_TEMPLATE = pytest.mark.parametrize("slug", SLUGS)
EITHER_MOOD = pytest.mark.parametrize("mood", ["low", "high"])

VARIED: dict[str, list[dict[str, Any]]] = {
    "market-entry": [{"inputs": {"investment": 5_000_000}}],
    "customer-onboarding": [
        {"inputs": {"package": "Enterprise"}},
        {"inputs": {"package": "Starter"}},
        {"forms": "timed_out"},
    ],
    "customer-support-escalation": [{"inputs": {"contract_value": 0}, "mood": "high"}],
    "financial-analysis-reporting": [{"inputs": {"revenue": 900_000}}, {"inputs": {"revenue": 439_500}}],
    "product-development-cycle": [{"inputs": {"handles_personal_data": False}}],
    "data-analysis-pipeline": [
        {"inputs": {"group_by": "", "measure": ""}},
        {"broken": frozenset({"table_profile"})},
        {"broken": frozenset({"table_query"})},
    ],
    "hr-onboarding": [
        {"inputs": {"department": "Sales"}},
        {"inputs": {"department": "Other"}},
        {"forms": "timed_out"},
    ],
}


def _main_output(run: Rehearsal) -> str:
    """The first declared output: what people read."""
    assert run.state.outputs is not None
    return str(next(iter(run.state.outputs.values())))


def _is_finished(run: Rehearsal) -> bool:
    assert run.state.error is None, run.state.error
    return run.state.status is RunStatus.COMPLETED


@EVERY_TEMPLATE
@EITHER_MOOD
def test_an_approved_run_ends_with_something_to_read(slug: str, mood: str) -> None:
    run = Rehearsal(slug, mood).run()
    assert _is_finished(run)
    assert _main_output(run).startswith("# ")
    assert len(_main_output(run)) > 150


@EVERY_TEMPLATE
@EITHER_MOOD
@pytest.mark.parametrize("decision", ["rejected", "timed_out"])
def test_a_run_that_is_not_approved_ends_well_and_says_so(slug: str, mood: str, decision: str) -> None:
    run = Rehearsal(slug, mood, decisions=(decision,)).run()
    assert _is_finished(run)
    assert decision in _main_output(run)


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if slug != "sales-pipeline-automation"])
def test_changes_asked_for_are_made_in_a_new_round(slug: str) -> None:
    steps = templates.template(slug).definition.steps
    revise = next(step.config.revise for step in steps if isinstance(step, ApprovalStep))
    run = Rehearsal(slug, decisions=("changes_requested", "approved")).run()
    assert _is_finished(run)
    assert len([asked for asked in run.asked if "data" in asked]) == 2
    assert run.done.count(str(revise)) == 2
    assert f"[{revise} round 1]" in str(run.state.outputs)


@EVERY_TEMPLATE
@EITHER_MOOD
def test_a_run_survives_every_tool_being_broken(slug: str, mood: str) -> None:
    tools = frozenset({"calculator", "date_math", "table_profile", "table_query", "notify", "file_write"})
    run = Rehearsal(slug, mood, broken=tools).run()
    assert _is_finished(run)
    assert _main_output(run).startswith("# ")


@pytest.mark.parametrize(("slug", "change"), [(slug, one) for slug, many in VARIED.items() for one in many])
def test_other_inputs_lead_another_way_to_an_end(slug: str, change: dict[str, Any]) -> None:
    usual, other = Rehearsal(slug).run(), Rehearsal(slug, **change).run()
    assert _is_finished(other)
    assert _main_output(other).startswith("# ")
    assert _ended(usual) != _ended(other)


@EVERY_TEMPLATE
def test_every_agent_is_needed_on_some_way(slug: str) -> None:
    runs = [
        Rehearsal(slug, mood, decisions=(said,))
        for mood in ("low", "high")
        for said in ("approved", "rejected")
    ]
    runs += [Rehearsal(slug, **change) for change in VARIED.get(slug, [])]
    worked = {step_id for run in runs for step_id in run.run().done}
    agents = {step.id for step in templates.template(slug).definition.steps if isinstance(step, AgentStep)}
    assert agents - worked <= MIDDLE_WAYS.get(slug, set())


MIDDLE_WAYS = {
    "marketing-campaign-orchestration": {"conditions"},
    "customer-support-escalation": {"diagnosis"},
    "customer-onboarding": {"congratulate"},
}
"""Agents that only an answer between the extremes, or an event, calls upon."""


def test_the_demonstrations_are_short_enough_for_two_cores() -> None:
    for slug in ("strategic-analysis", "data-analysis-pipeline"):
        run = Rehearsal(slug, "high").run()
        steps = {step.id: step for step in templates.template(slug).definition.steps}
        asked = [
            steps[step_id].config.max_tokens for step_id in run.done if isinstance(steps[step_id], AgentStep)
        ]
        assert sum(asked) <= 1600


def _ended(run: Rehearsal) -> set[str]:
    return {path for path, step in run.state.steps.items() if step.phase is Phase.SUCCEEDED}
