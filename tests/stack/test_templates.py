"""Every template of the gallery runs from its sample inputs to something to read, in real processes."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from approvals.models import ApprovalRequest
from executions import chain
from executions.models import Call, Execution, StepRun
from tests.executions.flows import log_of
from tests.stack.office import Office, office
from workflows import templates

pytestmark = [
    pytest.mark.stack,
    pytest.mark.xdist_group("stack"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(240),
]

SLUGS = sorted(template.slug for template in templates.all_templates())
STRATEGIC = "strategic-analysis"
WISH = "Compare it with doing nothing."


@pytest.fixture(scope="module")
def opened(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """One worker for all: it takes longer to start than a template takes to run."""
    with django_db_blocker.unblock(), office(tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.fixture
def _django_db_helper(opened: Office) -> None:
    """Instead of pytest-django's: tables are emptied after the module, not under the worker after each test."""


@pytest.fixture
def desk(opened: Office) -> Office:
    """The office with nothing said yet."""
    opened.models.requests.clear()
    opened.said.clear()
    return opened


def _main_output(execution: Execution) -> str:
    """What people read: the output that the template declares first."""
    first = next(iter(templates.template(execution.workflow.source_template).definition.outputs))
    return str((execution.outputs or {}).get(first))


def _work(execution: Execution) -> list[StepRun]:
    """What models were asked for."""
    return list(
        StepRun.objects.filter(execution=execution, kind__in=["agent", "team"]).exclude(status="skipped")
    )


def _assert_went_well(execution: Execution, desk: Office) -> None:
    assert execution.status == "completed", (execution.error, desk.stack.logs())
    assert chain.verify(execution).is_whole, chain.verify(execution).sentence
    assert not StepRun.objects.filter(execution=execution, status="failed").values("path", "error")
    assert not {"step.failed", "step.retrying"}.intersection(log_of(execution))
    asked = Call.objects.filter(execution=execution, kind="model", status="finished")
    assert asked.count() == execution.requests
    for run in _work(execution):
        assert run.requests > 0, f"{run.path} asked no model"
        assert run.served_by == f"embedded/{settings.EMBEDDED_MODEL}", run.path


def test_there_are_eleven_templates() -> None:
    assert len(SLUGS) == 11


@pytest.mark.parametrize("slug", SLUGS)
def test_a_template_runs_to_a_document_of_what_its_agents_wrote(slug: str, desk: Office) -> None:
    execution = desk.run(slug)

    _assert_went_well(execution, desk)
    document = _main_output(execution)
    assert document.startswith("# ")
    assert [words for words in desk.said if words in document], document
    assert "${" not in document
    assert execution.requests == len(desk.models.requests)


def test_an_event_from_outside_ends_the_wait_for_it(desk: Office) -> None:
    execution = desk.run("customer-onboarding")

    _assert_went_well(execution, desk)
    reached = StepRun.objects.exclude(status="skipped").filter(execution=execution)
    assert reached.filter(path="congratulate").exists()
    assert not reached.filter(path="nudge").exists()


def test_a_rejected_analysis_ends_with_the_reason_and_no_summary(desk: Office) -> None:
    execution = desk.run(STRATEGIC, lambda request: ("reject", "Too early for us."))

    _assert_went_well(execution, desk)
    document = _main_output(execution)
    assert document.startswith("# Strategic analysis: not approved")
    assert "Too early for us." in document
    assert execution.outputs and execution.outputs["decision"] == "rejected"
    assert StepRun.objects.get(execution=execution, path="summary").status == "skipped"


def test_changes_asked_for_reach_the_agent_and_come_back_for_a_decision(desk: Office) -> None:
    execution = desk.run(
        STRATEGIC, lambda request: ("request_changes", WISH) if request.round == 0 else ("approve", "")
    )

    _assert_went_well(execution, desk)
    rounds = StepRun.objects.filter(execution=execution, path="synthesis").order_by("round")
    first, second = (str(run.output) for run in rounds)
    [prompt] = [words for words in desk.prompts() if WISH in words]
    assert first in prompt, "the agent sees its earlier work"
    assert second in _main_output(execution)
    assert first not in _main_output(execution)
    asked, again = ApprovalRequest.objects.filter(origin=str(execution.id)).order_by("round")
    assert (asked.status, again.status) == ("changes_requested", "approved")
    assert (again.round, again.parent) == (1, asked)
    assert again.data is not None
    assert again.data["Recommendation"] == second
