"""Processes, the broker and connections are lost; runs are not."""

import time
from collections import Counter
from collections.abc import Iterator

import pytest
from django.db import connection

from agents.models import LanguageModel
from agents.operations import create_agent, seed_embedded_provider
from approvals import operations as approvals
from approvals.models import ApprovalRequest
from executions import chain
from executions.models import Call, Execution
from tests.executions.flows import agent, approval, ended, log_of, start, step, waits
from tests.executions.flows import chain as flow
from tests.people import Cast
from tests.stack.crew import Crew, crew
from tests.stack.model_server import Request, Say
from tests.stack.office import WRITER

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(300)]

SLOW = 6.0
"""Seconds that a call takes which is to be cut off."""
LONG = 40.0
"""Seconds that a call takes which nobody waits for: a lease of `LONG` does not end in time either."""


@pytest.fixture(scope="module")
def hired(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """One crew for all: a worker takes longer to start than a run takes to be lost and found."""
    with crew(tmp_path_factory.mktemp("crew")) as made:
        yield made


@pytest.fixture
def cast(committed_cast: Cast) -> Cast:
    """The cast, committed, with an agent that the embedded model serves."""
    seed_embedded_provider(committed_cast.workspace)
    create_agent(WRITER, by=committed_cast.ada.actor)
    return committed_cast


@pytest.fixture
def staff(hired: Crew, cast: Cast) -> Crew:
    """The crew, and a model that was asked nothing yet."""
    hired.models.requests.clear()
    return hired


def _answers(staff: Crew, *delays: float) -> None:
    """Have the model answer after so many seconds, in turn, and at once from then on."""
    left = iter(delays)

    def answer(request: Request) -> Say:
        return Say(f"done: {request['messages'][-1]['content']}", delay_s=next(left, 0.0))

    staff.models.answer_with(answer)


def _prompts(staff: Crew) -> Counter[str]:
    return Counter(str(request["messages"][-1]["content"]) for request in staff.models.requests)


def _assert_well(execution: Execution, staff: Crew, *, steps: int) -> None:
    assert execution.status == "completed", (execution.error, staff.rig.logs())
    assert (
        execution.requests + execution.tool_calls == Call.objects.filter(execution=execution).count() == steps
    )
    assert chain.verify(execution).is_whole


def test_a_run_survives_its_worker_killed_in_mid_step(staff: Crew, cast: Cast) -> None:
    staff.of(2)
    _answers(staff, 0.0, SLOW)
    document = flow(agent("one", "First."), agent("two", "Second."), agent("three", "Third."))
    execution = start(cast, document)
    staff.asked(2)

    staff.rig.kill(staff.owner(execution))
    execution = ended(execution, seconds=40)

    _assert_well(execution, staff, steps=3)
    assert execution.outputs == {"three": "done: Third."}
    assert _prompts(staff) == {"First.": 1, "Second.": 2, "Third.": 1}, "only the call cut off is made again"
    assert step(execution, "two").attempt == 1, "a lost worker is not the step's failure"
    assert log_of(execution).count("step.succeeded") == 3


def test_a_run_goes_from_a_frozen_worker_to_another_and_back_when_that_one_is_stopped(
    staff: Crew, cast: Cast
) -> None:
    [frozen] = staff.of(1)
    _answers(staff, 2.0, 0.0, LONG)
    execution = start(cast, flow(agent("one", "First."), agent("two", "Second.")))
    staff.asked(1)

    staff.rig.freeze(frozen)
    other = staff.join(RUN_LEASE_S=str(round(LONG)))
    staff.asked(3)
    before = log_of(execution)
    staff.rig.thaw(frozen)  # its answer has come meanwhile
    staff.rig.until(lambda: staff.is_well(frozen), 20, "its lease")
    time.sleep(1)
    assert log_of(execution) == before, "it writes nothing of a run that was taken"
    assert staff.owns(other, execution)

    other.terminate()
    execution = ended(execution, seconds=15)  # the lease lasts longer, and so does the call

    _assert_well(execution, staff, steps=2)
    assert _prompts(staff) == {"First.": 2, "Second.": 2}
    assert frozen.poll() is None
    assert Execution.objects.get().claims_without_progress == 0
    assert log_of(execution)[: len(before)] == before


def test_a_call_that_a_person_allowed_is_made_once_though_the_worker_was_killed_while_it_waited(
    staff: Crew, cast: Cast
) -> None:
    staff.of(1)
    LanguageModel.objects.update(supports_tools=True)
    order = {"url": f"{staff.models.url}/orders", "method": "POST", "body": {"model": "-", "messages": []}}

    def answer(request: Request) -> Say:
        if request["_path"].endswith("/orders"):
            return Say("taken")
        if request["messages"][-1]["role"] == "tool":
            return Say("It is ordered.")
        return Say(tool_calls=(("http_request", order),))

    def called(path: str) -> int:
        return sum(request["_path"].endswith(path) for request in staff.models.requests)

    staff.models.answer_with(answer)
    asks = {"tools": ["http_request"], "ask_first": ["http_request"]}
    execution = waits(start(cast, flow(agent("one", "Order.", config=asks))), 40)
    request = ApprovalRequest.objects.get(origin=str(execution.id))
    assert request.data == {"tool": "http_request", "arguments": order}
    staff.rig.kill(staff.workers[0])
    approvals.decide(request, "approve", by=cast.dan.actor)
    assert called("/orders") == 0

    staff.of(1)
    execution = ended(execution, 40)
    _assert_well(execution, staff, steps=3)
    assert step(execution, "one").output == "It is ordered."
    assert called("/orders") == 1
    assert called("/completions") == 2, "what the model had said before it waited is not paid again"


def test_redis_may_be_lost_at_any_moment(staff: Crew, cast: Cast) -> None:
    staff.of(1)
    _answers(staff, 1.5, 1.5)
    execution = start(cast, flow(agent("one", "First."), approval(), agent("two", "Second.")))
    staff.asked(1)

    staff.broker.kill()
    time.sleep(2)
    staff.broker.start()
    execution = waits(execution, 40)
    approvals.decide(ApprovalRequest.objects.get(), "approve", by=cast.dan.actor)

    execution = ended(execution, 40)
    _assert_well(execution, staff, steps=2)
    assert len(staff.models.requests) == 2, "nothing was paid twice"


def test_connections_may_break_at_any_moment(staff: Crew, cast: Cast) -> None:
    staff.of(1)
    _answers(staff, *[0.3] * 8)
    execution = start(cast, flow(*[agent(f"s{number}", f"Part {number}.") for number in range(8)]))
    staff.asked(1)

    for _ in range(8):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name IN ('rig', 'convergio runs')"
            )
        time.sleep(0.35)

    execution = ended(execution, 40)
    _assert_well(execution, staff, steps=8)
    assert len(staff.models.requests) == 8
