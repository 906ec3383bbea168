"""Trying a draft: all of it, up to a step, one step, onward from one; with pinned, edited and earlier results."""

from typing import Any

import pytest

from agents.operations import create_agent
from convergio.audit.models import AuditEntry
from convergio.errors import InvalidInput, NotAllowed, NotFound
from executions import operations, queries
from executions.models import Execution, Pin
from executions.trials import NotReady, Reach, clear_pins, pin, pin_results, pins_of, try_draft, unpin
from executions.worker import Worker
from tests.executions.flows import agent, approval, chain, ended, step, tool, waits
from tests.pages import browser
from tests.people import Cast
from workflows import queries as workflow_queries
from workflows.models import Workflow, WorkflowVersion
from workflows.operations import publish

WRITER = {"slug": "writer", "name": "Writer", "role": "Writes", "system_prompt": "Write."}
THREE = (
    agent("one", "say ${inputs.topic}"),
    agent("two", "say ${steps.one.output}"),
    agent("three", "say ${steps.two.output}"),
)
TOPIC: dict[str, Any] = {"inputs": [{"name": "topic", "required": True}]}


@pytest.fixture
def draft(cast: Cast) -> Workflow:
    """Three agents in a row, of which nothing is published."""
    create_agent(WRITER, by=cast.cleo.actor)
    return drafted(cast, chain(*THREE, **TOPIC))


def drafted(cast: Cast, definition: dict[str, Any], slug: str = "flow") -> Workflow:
    return Workflow.objects.create(workspace=cast.workspace, slug=slug, name=slug.title(), draft=definition)


def tried(workflow: Workflow, cast: Cast, inputs: Any = None, **how: Any) -> Execution:
    """A trial that has ended."""
    return ended(try_draft(workflow, inputs or {"topic": "tea"}, by=cast.cleo.actor, **how))


def statuses(execution: Execution) -> dict[str, str]:
    return dict(execution.step_runs.values_list("path", "status"))


def test_a_draft_that_was_never_published_is_run(worker: Worker, cast: Cast, draft: Workflow) -> None:
    trial = tried(draft, cast)
    assert trial.status == "completed"
    assert (trial.trigger, trial.version.number) == ("trial", None)
    assert step(trial, "three").output == "three: say two: say one: say tea"
    assert AuditEntry.objects.filter(action="execution.try", object_id=str(trial.pk)).exists()


def test_the_same_draft_is_frozen_once_and_a_changed_one_anew(
    worker: Worker, cast: Cast, draft: Workflow
) -> None:
    first, second = tried(draft, cast), tried(draft, cast)
    assert first.version_id == second.version_id
    draft.draft = chain(*THREE[:2], **TOPIC)
    draft.save()
    assert tried(draft, cast).version_id != first.version_id
    assert WorkflowVersion.objects.filter(workflow=draft).count() == 2
    assert not queries.statistics(draft)["runs"], "trials do not count"


def test_up_to_a_step_runs_that_and_what_leads_there(worker: Worker, cast: Cast, draft: Workflow) -> None:
    trial = tried(draft, cast, reach=Reach.UP_TO, step_id="two")
    assert statuses(trial) == {"one": "succeeded", "two": "succeeded", "three": "skipped"}
    assert trial.status == "completed"


def test_one_step_runs_on_what_an_earlier_run_gave(
    worker: Worker, cast: Cast, draft: Workflow, fake: Any
) -> None:
    first = tried(draft, cast)
    assert fake.calls["say tea"] == 1
    again = tried(draft, cast, reach=Reach.STEP, step_id="two", earlier=first)
    assert statuses(again) == {"one": "succeeded", "two": "succeeded", "three": "skipped"}
    assert fake.calls["say tea"] == 1, "the step before did not work again"
    assert fake.calls["say one: say tea"] == 2
    assert again.requests == 1


def test_one_step_without_an_earlier_run_has_what_leads_to_it_work(
    worker: Worker, cast: Cast, draft: Workflow
) -> None:
    trial = tried(draft, cast, reach=Reach.STEP, step_id="two")
    assert step(trial, "two").output == "two: say one: say tea"


def test_one_step_runs_with_an_edited_input(worker: Worker, cast: Cast, draft: Workflow) -> None:
    trial = tried(draft, cast, reach=Reach.STEP, step_id="two", edited={"prompt": "say this"})
    assert step(trial, "two").output == "two: say this"


def test_a_branch_that_went_elsewhere_is_taken_when_a_step_on_it_is_tried(
    worker: Worker, cast: Cast, draft: Workflow
) -> None:
    check = {
        "id": "check",
        "type": "condition",
        "config": {"branches": [{"port": "long", "when": {"path": "$.one", "op": "eq", "value": "never"}}]},
    }
    draft.draft = {
        **TOPIC,
        "format": 1,
        "steps": [agent("one"), check, agent("rare"), agent("usual")],
        "edges": [
            {"source": "one", "port": "done", "target": "check"},
            {"source": "check", "port": "long", "target": "rare"},
            {"source": "check", "port": "else", "target": "usual"},
        ],
    }
    draft.save()
    first = tried(draft, cast)
    assert statuses(first)["rare"] == "skipped"
    trial = tried(draft, cast, reach=Reach.STEP, step_id="rare", earlier=first)
    assert statuses(trial) == {
        "one": "succeeded", "check": "succeeded", "rare": "succeeded", "usual": "skipped",
    }  # fmt: skip


def test_a_pinned_step_gives_what_is_pinned_and_costs_nothing(
    worker: Worker, cast: Cast, draft: Workflow
) -> None:
    pin(draft, "one", "by hand", by=cast.cleo.actor)
    trial = tried(draft, cast)
    assert step(trial, "two").output == "two: say by hand"
    assert trial.requests == 2
    unpin(draft, "one", by=cast.cleo.actor)
    assert step(tried(draft, cast), "one").output == "one: say tea"


def test_going_onward_keeps_what_was_before_and_works_on_from_a_pin(
    worker: Worker, cast: Cast, draft: Workflow, fake: Any
) -> None:
    first = tried(draft, cast)
    pin(draft, "two", "edited", by=cast.cleo.actor)
    trial = tried(draft, cast, reach=Reach.ONWARD, step_id="two", earlier=first)
    assert step(trial, "three").output == "three: say edited"
    assert fake.calls["say tea"] == 1
    assert trial.requests == 1


def test_a_past_run_is_pinned_but_for_what_is_free(worker: Worker, cast: Cast, draft: Workflow) -> None:
    text = {"id": "text", "type": "transform", "config": {"value": "${steps.one.output}!"}}
    draft.draft = chain(agent("one", "say ${inputs.topic}"), text, approval("gate"), agent("gone"), **TOPIC)
    draft.save()
    waiting = waits(try_draft(draft, {"topic": "tea"}, by=cast.cleo.actor))
    pin(draft, "text", "old pin", by=cast.cleo.actor)
    assert pin_results(waiting, by=cast.cleo.actor) == 1
    assert pins_of(draft) == {"one": {"output": "one: say tea", "port": "done"}}
    clear_pins(draft, by=cast.cleo.actor)
    assert not Pin.objects.exists()


def test_only_what_is_run_must_be_without_faults(worker: Worker, cast: Cast, draft: Workflow) -> None:
    draft.draft = chain(*THREE, tool("save", "no_such_tool"), **TOPIC)
    draft.save()
    with pytest.raises(NotReady, match="cannot be tried yet"):
        try_draft(draft, {"topic": "tea"}, by=cast.cleo.actor)
    assert tried(draft, cast, reach=Reach.UP_TO, step_id="three").status == "completed"
    pin(draft, "save", {"saved": True}, by=cast.cleo.actor)
    assert tried(draft, cast).status == "completed"


def test_inputs_are_checked_as_those_of_any_run(cast: Cast, draft: Workflow) -> None:
    with pytest.raises(InvalidInput):
        try_draft(draft, {}, by=cast.cleo.actor)
    assert not Execution.objects.exists()
    assert not WorkflowVersion.objects.exists(), "nothing is left of a trial that was refused"


def test_what_cannot_be_tried_or_pinned_is_refused(worker: Worker, cast: Cast, draft: Workflow) -> None:
    by = cast.cleo.actor
    with pytest.raises(NotFound):
        try_draft(draft, {"topic": "tea"}, by=by, reach=Reach.STEP, step_id="nowhere")
    with pytest.raises(InvalidInput):
        try_draft(draft, {"topic": "tea"}, by=by, reach=Reach.STEP)
    with pytest.raises(NotFound):
        pin(draft, "nowhere", 1, by=by)
    with pytest.raises(InvalidInput, match="no port"):
        pin(draft, "one", 1, by=by, port="sideways")
    with pytest.raises(InvalidInput):
        pin(draft, "one", "x" * 600_000, by=by)


@pytest.mark.parametrize("who", ["dan", "eve"])
def test_others_may_not_try_or_pin(cast: Cast, draft: Workflow, who: str) -> None:
    by = getattr(cast, who).actor
    with pytest.raises(NotAllowed):
        try_draft(draft, {"topic": "tea"}, by=by)
    with pytest.raises(NotAllowed):
        pin(draft, "one", 1, by=by)


def test_a_draft_of_another_workspace_is_not_there(cast: Cast, draft: Workflow) -> None:
    with pytest.raises(NotFound):
        pin(draft, "one", 1, by=cast.finn.actor)
    with pytest.raises(NotFound):
        try_draft(draft, {"topic": "tea"}, by=cast.finn.actor)


def test_versions_and_trials_do_not_mix(worker: Worker, cast: Cast, draft: Workflow) -> None:
    tried(draft, cast)
    assert draft.versions.count() == 1
    assert not workflow_queries.versions(draft), "what was tried is not a version that was published"
    with pytest.raises(operations.NotRunnable):
        operations.start(draft, {"topic": "tea"}, by=cast.cleo.actor)
    assert publish(draft, by=cast.cleo.actor).number == 1


def test_the_page_asks_runs_shows_pins_and_goes_on(worker: Worker, cast: Cast, draft: Workflow) -> None:
    client, address = browser(cast.cleo), f"/workflows/{draft.slug}/trial/"
    assert "Not tried yet" in client.get(address).content.decode()
    assert "What shall it work on?" in client.post(address).content.decode()
    wrong = client.post(f"{address}?given=1", {"topic": ""})
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.content.decode()
    sent = client.post(f"{address}?given=1", {"topic": "tea"})
    assert sent.status_code == 303
    first = ended(Execution.objects.get())
    seen = client.get(f"{sent['Location']}&step=two").content.decode()
    assert "two: say one: say tea" in seen
    assert "st-succeeded" in seen
    found = client.get(f"{address}?q=two: say").content.decode()
    assert "three" in found.lower()
    assert 'data-trial-step="one"' not in found
    pins = f"/workflows/{draft.slug}/pins/?reach=onward&run={first.id}&step=two"
    bad = client.post(pins, {"output": "{no json", "do": "pin"})
    assert bad.status_code == 422
    assert client.post(pins, {"output": '"mine"', "do": "onward"}).status_code == 303
    second = ended(Execution.objects.latest("created_at"))
    assert step(second, "three").output == "three: say mine"
    assert client.post(f"/runs/{first.id}/pins/").status_code == 303
    assert set(pins_of(draft)) == {"one", "two", "three"}
    assert client.post(pins, {"do": "clear"}).status_code == 303
    assert not pins_of(draft)


def test_the_page_is_there_for_viewers_who_can_only_look(cast: Cast, draft: Workflow) -> None:
    page = browser(cast.eve).get(f"/workflows/{draft.slug}/trial/").content.decode()
    assert "Run the draft" not in page
    assert (
        browser(cast.eve).post(f"/workflows/{draft.slug}/trial/?given=1", {"topic": "x"}).status_code == 403
    )
    assert browser(cast.finn).get(f"/workflows/{draft.slug}/trial/").status_code == 404
