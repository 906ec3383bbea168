"""Steps that ask a person and go on where they stopped, with the real worker."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from approvals import operations as approvals
from approvals.models import ApprovalRequest
from approvals.operations import expire_due
from executions import chain, operations
from executions.models import Execution
from executions.worker import Worker
from tests.executions.flows import agent, ended, log_of, start, step, until, waits
from tests.executions.flows import chain as flow
from tests.pages import browser
from tests.people import Cast


def asked(execution: Execution, path: str = "one") -> ApprovalRequest:
    """What waits for an answer."""
    rows = ApprovalRequest.objects.filter(origin=str(execution.id), origin_path=path, status="pending")
    found: ApprovalRequest = until(rows.first, what="the request")
    return found


def test_a_step_that_asks_goes_on_where_it_stopped_and_pays_nothing_twice(
    worker: Worker, cast: Cast, fake: Any
) -> None:
    execution = waits(start(cast, flow(agent("one", "ask send"), agent("two"), agent("three"))))
    request = asked(execution)
    assert (request.kind, request.title, request.data["arguments"]) == ("tool", "May I send?", {"to": "ada"})
    assert request.assignees == [f"user:{cast.cleo.user.email}", "role:approver"]
    assert request.expires_at is not None
    until(lambda: not worker.lives, what="a worker that holds nothing")

    approvals.decide(request, "approve", by=cast.dan.actor, comment="fine")
    execution = ended(execution)
    assert execution.status == "completed", execution.error
    one = step(execution, "one")
    assert (one.output, one.attempt) == ("approved(fine)", 1)
    assert (fake.calls["think of send"], fake.calls["act on send"]) == (1, 1)
    assert execution.requests == 4
    assert chain.verify(execution).is_whole


def test_questions_one_after_the_other_have_a_request_each(worker: Worker, cast: Cast, fake: Any) -> None:
    execution = waits(start(cast, flow(agent("one", "ask send publish"))))
    approvals.decide(asked(execution), "reject", by=cast.dan.actor, comment="no")
    second = until(
        lambda: ApprovalRequest.objects.filter(origin=str(execution.id), title="May I publish?").first()
    )
    approvals.decide(second, "approve", by=cast.cleo.actor)
    execution = ended(execution)
    assert step(execution, "one").output == "rejected(no) approved()"
    assert fake.calls["think of send publish"] == 1
    assert log_of(execution).count("step.asked") == 2


def test_what_nobody_answers_in_time_goes_on_without(worker: Worker, cast: Cast) -> None:
    execution = waits(start(cast, flow(agent("one", "ask send"))))
    ApprovalRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert expire_due() == 1
    assert step(ended(execution), "one").output == "timed_out()"


def test_a_cancelled_run_asks_nobody_any_more_and_a_retry_asks_anew(
    worker: Worker, cast: Cast, fake: Any
) -> None:
    execution = waits(start(cast, flow(agent("one", "ask send"))))
    first = asked(execution)
    operations.cancel(execution, by=cast.cleo.actor)
    ended(execution)
    until(lambda: ApprovalRequest.objects.get(pk=first.pk).status == "cancelled", what="the withdrawal")
    operations.retry(execution, by=cast.cleo.actor)
    again = asked(execution)
    assert again.pk != first.pk
    approvals.decide(again, "approve", by=cast.dan.actor)
    assert ended(execution).status == "completed"
    assert fake.calls["think of send"] == 1, "the journal answers after the retry as well"


@pytest.mark.parametrize("whose", ["step", "run"])
def test_a_reached_limit_is_topped_up_and_the_run_goes_on(
    worker: Worker, cast: Cast, fake: Any, whose: str
) -> None:
    limits = {"guardrails": {"max_cost": 0.005, "on_breach": "ask"}}
    document = flow(agent("one", "say it", **(limits if whose == "step" else {})), agent("two", "say more"))
    execution = waits(start(cast, document | (limits if whose == "run" else {})))
    request = asked(execution)
    assert request.kind == "limit" and request.cost > 0
    assert [one["id"] for one in request.answers] == ["top_up", "stop"]
    approvals.decide(request, "top_up", by=cast.dan.actor, form={"more": 1})
    execution = ended(execution)
    assert execution.status == "completed", execution.error
    assert fake.calls["say it"] == 1
    assert "guardrail.raised" in log_of(execution)


def test_a_limit_that_is_not_raised_stops_the_run(worker: Worker, cast: Cast) -> None:
    limits = {"max_cost": 0.005, "on_breach": "ask", "assignees": ["role:admin"]}
    execution = waits(start(cast, flow(agent("one"), agent("two"), guardrails=limits)))
    approvals.decide(asked(execution), "stop", by=cast.ben.actor)
    execution = ended(execution)
    assert (execution.status, execution.error["code"]) == ("failed", "guardrail_max_cost")


def test_a_failed_step_is_repaired_with_another_input(worker: Worker, cast: Cast) -> None:
    document = flow(agent("one", "fail badly", on_error={"action": "ask"}), agent("two"))
    execution = waits(start(cast, document))
    request = asked(execution)
    assert request.kind == "repair" and "It broke: badly" in request.description
    approvals.decide(
        request, "retry_edited", by=cast.cleo.actor, form={"input": {"prompt": "say it", "agent": "writer"}}
    )
    execution = ended(execution)
    assert execution.status == "completed", execution.error
    assert step(execution, "one").output == "one: say it"


@pytest.mark.parametrize(("answer", "status"), [("skip", "completed"), ("give_up", "failed")])
def test_a_failed_step_is_skipped_or_given_up(worker: Worker, cast: Cast, answer: str, status: str) -> None:
    document = flow(
        agent("one", "fail badly", on_error={"action": "ask"}), agent("two", "${steps.one.output}")
    )
    execution = waits(start(cast, document))
    approvals.decide(asked(execution), answer, by=cast.cleo.actor, form={"value": "say made up"})
    execution = ended(execution)
    assert execution.status == status
    assert execution.outputs == ({"two": "two: say made up"} if status == "completed" else None)


def test_a_run_found_waiting_is_asked_about_once_more_only_once(worker: Worker, cast: Cast) -> None:
    """A worker that is lost between its write and the request: the next one opens it, and none is opened twice."""
    execution = waits(start(cast, flow(agent("one", "ask send"))))
    ApprovalRequest.objects.all().delete()
    Execution.objects.filter(pk=execution.pk).update(owner="a-worker-that-was-lost")
    from executions.inbox import send_drive

    send_drive(execution.pk)
    request = asked(execution)
    approvals.decide(request, "approve", by=cast.dan.actor)
    assert ended(execution).status == "completed"
    assert ApprovalRequest.objects.filter(origin=str(execution.id)).count() == 1


def test_the_run_page_shows_what_is_asked_and_takes_the_answer(worker: Worker, cast: Cast) -> None:
    document = flow(agent("one", "fail <badly>", on_error={"action": "ask", "assignees": ["role:approver"]}))
    execution = waits(start(cast, document))
    request = asked(execution)
    page = browser(cast.dan).get(f"/runs/{execution.id}/").content.decode()
    assert "Repair One?" in page and f"/approvals/{request.id}/" in page
    for words in ("Retry with this input", "Skip with this value", "Give up", "fail &lt;badly&gt;"):
        assert words in page, words
    posted = {"answer": "skip", "form-value": '{"made": "up"}', "form-input": "", "comment": "never mind"}
    answer = browser(cast.dan).post(f"/approvals/{request.id}/decision/", posted)
    assert answer.status_code == 303
    assert ended(execution).outputs == {"one": {"made": "up"}}


def test_what_does_not_fit_is_told_beside_the_field_and_nothing_is_decided(
    worker: Worker, cast: Cast
) -> None:
    limits = {"max_cost": 0.005, "on_breach": "ask"}
    execution = waits(start(cast, flow(agent("one"), guardrails=limits)))
    request = asked(execution)
    for more in ("-1", "much", ""):
        posted = {"answer": "top_up", "form-more": more}
        answer = browser(cast.dan).post(f"/approvals/{request.id}/decision/", posted)
        assert answer.status_code == 422 and "more" in answer.content.decode().lower()
    assert browser(cast.eve).get(f"/runs/{execution.id}/").status_code == 200
    assert asked(execution).pk == request.pk
