"""Every call once."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import fields
from typing import Any

import pytest

from agents.runtime.contract import Recorded, Ticket
from executions import journal as journals
from executions.journal import StepJournal
from executions.models import Call, Execution
from executions.store import LostRun, RunFacts, Store
from tests.executions.flows import agent, published
from tests.executions.flows import chain as flow
from tests.people import Cast


@pytest.fixture
def execution(cast: Cast) -> Execution:
    workflow = published(cast, flow(agent("one")))
    assert workflow.published
    return Execution.objects.create(
        workspace=cast.workspace, workflow=workflow, version=workflow.published, number=1, owner="me"
    )


def facts_of(execution: Execution, **more: Any) -> RunFacts:
    """As if the run had been claimed."""
    known = {one.name: getattr(execution, one.name) for one in fields(RunFacts) if one.name != "begin"}
    return RunFacts(**known | {"begin": {}} | more)


def with_journal[T](
    execution: Execution,
    action: Callable[[StepJournal], Coroutine[Any, Any, T]],
    *,
    fresh: bool = False,
    talks: bool = False,
) -> T:
    """One try of a step."""

    async def go() -> T:
        store = Store("me")
        await store.open()
        try:
            return await action(StepJournal(store, facts_of(execution), "one", 0, fresh=fresh, talks=talks))
        finally:
            await store.close()

    return asyncio.run(go())


async def say(journal: StepJournal, text: str, answer: str = "yes", kind: str = "model") -> Any:
    """Make a call, or take its recorded answer."""
    ticket = await journal.begin(kind, "writer", "m", {"text": text})
    if isinstance(ticket, Recorded):
        return ticket.response
    await journal.finish(ticket, answer, served_by="p/m", prompt_tokens=3, completion_tokens=2, cost=0.5)
    return f"paid {answer}"


def test_a_finished_call_answers_again(execution: Execution) -> None:
    assert with_journal(execution, lambda journal: say(journal, "hi"), fresh=True) == "paid yes"
    assert with_journal(execution, lambda journal: say(journal, "hi")) == "yes"
    assert Call.objects.count() == 1


def test_equal_calls_are_told_apart_by_their_number(execution: Execution) -> None:
    async def twice(journal: StepJournal) -> list[Any]:
        return [await say(journal, "hi", "first"), await say(journal, "hi", "second")]

    assert with_journal(execution, twice, fresh=True) == ["paid first", "paid second"]
    assert with_journal(execution, twice) == ["first", "second"]


def test_another_request_is_another_call(execution: Execution) -> None:
    with_journal(execution, lambda journal: say(journal, "hi"), fresh=True)
    assert with_journal(execution, lambda journal: say(journal, "ho")) == "paid yes"


def test_a_call_that_never_reported_says_so_and_keeps_its_key(execution: Execution) -> None:
    async def begin(journal: StepJournal) -> Recorded | Ticket:
        return await journal.begin("tool", "writer", "pay", {"amount": 1})

    first = with_journal(execution, begin, fresh=True)
    second = with_journal(execution, begin)
    assert isinstance(first, Ticket)
    assert isinstance(second, Ticket)
    assert (first.started_before, second.started_before) == (False, True)
    assert first.idempotency_key == second.idempotency_key
    assert first.id == second.id


def test_a_failed_call_is_made_again(execution: Execution) -> None:
    async def fail(journal: StepJournal) -> None:
        ticket = await journal.begin("model", "writer", "m", {"text": "hi"})
        assert isinstance(ticket, Ticket)
        await journal.fail(ticket, "429\x00")

    with_journal(execution, fail, fresh=True)
    assert Call.objects.get().error == {"message": "429\ufffd"}
    assert with_journal(execution, lambda journal: say(journal, "hi")) == "paid yes"
    assert Call.objects.get().status == "finished"


def test_forgotten_answers_are_asked_anew_and_stay_paid(execution: Execution) -> None:
    async def again(journal: StepJournal) -> Any:
        await say(journal, "hi", "bad")
        await journal.forget_models()
        answer = await say(journal, "hi", "good")
        return answer, (await journal.used()).cost

    assert with_journal(execution, again, fresh=True) == ("paid good", 1.0)
    assert sorted(Call.objects.values_list("status", flat=True)) == ["finished", "superseded"]

    async def later(journal: StepJournal) -> Any:
        return await say(journal, "hi"), (await journal.used()).cost

    assert with_journal(execution, later) == ("good", 1.0)


def test_forgetting_models_keeps_tools(execution: Execution) -> None:
    async def go(journal: StepJournal) -> Any:
        await say(journal, "x", "done", kind="tool")
        await journal.forget_models()
        return None

    with_journal(execution, go, fresh=True)
    assert with_journal(execution, lambda journal: say(journal, "x", kind="tool")) == "done"


def test_use_is_counted_over_all_tries(execution: Execution) -> None:
    with_journal(execution, lambda journal: say(journal, "a"), fresh=True)

    async def second(journal: StepJournal) -> Any:
        await say(journal, "a")
        await say(journal, "b")
        await say(journal, "c", kind="tool")
        return await journal.used()

    used = with_journal(execution, second)
    assert (used.requests, used.tool_calls, used.prompt_tokens, used.cost) == (2, 1, 9, 1.5)


def test_parallel_calls_find_their_own_answers(execution: Execution) -> None:
    async def both(journal: StepJournal) -> list[Any]:
        return list(await asyncio.gather(*(say(journal, f"q{n}", f"a{n}") for n in range(8))))

    with_journal(execution, both, fresh=True)
    assert with_journal(execution, both) == [f"a{n}" for n in range(8)]


def test_a_journal_that_was_closed_writes_nothing_more(execution: Execution) -> None:
    """A model's answer that is under way counts as failed; a tool may have done something, so it stays open."""

    async def go(journal: StepJournal) -> None:
        model = await journal.begin("model", "writer", "m", {"text": "hi"})
        await journal.begin("tool", "writer", "t", {"text": "hi"})
        await journal.close()
        assert isinstance(model, Ticket)
        with pytest.raises(LostRun):
            await journal.finish(model, "late", cost=0.5)
        with pytest.raises(LostRun):
            await say(journal, "ho")

    with_journal(execution, go)
    assert dict(Call.objects.values_list("kind", "status")) == {"model": "failed", "tool": "started"}


def test_who_lost_a_run_cannot_write_into_its_journal(execution: Execution) -> None:
    async def go(journal: StepJournal) -> None:
        ticket = await journal.begin("model", "writer", "m", {"text": "hi"})
        assert isinstance(ticket, Ticket)
        journal.ours["fence"] += 1  # type: ignore[operator]
        with pytest.raises(LostRun):
            await journal.finish(ticket, "late", cost=0.5)
        await journal.fail(ticket, "late")
        with pytest.raises(LostRun):
            await say(journal, "ho")

    with_journal(execution, go)
    assert list(Call.objects.values_list("status", flat=True)) == ["started"]


def test_what_was_recorded_meanwhile_is_not_taken_back(execution: Execution) -> None:
    """The earlier attempt finished its call after this one had looked."""

    async def go(journal: StepJournal) -> Any:
        await journal.used()
        with_earlier = StepJournal(journal.store, facts_of(execution), "one", 0, fresh=True)
        await say(with_earlier, "hi", "early")
        return await say(journal, "hi", "again")

    assert with_journal(execution, go) == "early"
    assert Call.objects.get().status == "finished"


def stands() -> list[str]:
    """What the calls are at, in order."""
    return list(Call.objects.order_by("started_at").values_list("status", flat=True))


def in_the_end(execution: Execution, action: Callable[[StepJournal], Coroutine[Any, Any, Any]]) -> list[str]:
    """What the calls are at when a step that may end with an answer has done something."""
    with_journal(execution, action, talks=True)
    return stands()


def test_the_answer_that_a_step_ends_with_is_written_with_its_end(execution: Execution) -> None:
    async def go(journal: StepJournal) -> int:
        await say(journal, "hi")
        return len(journal.last_answers())

    assert with_journal(execution, go, talks=True) == 1
    assert stands() == ["started"]


def test_an_answer_is_written_before_the_next_call_begins(execution: Execution) -> None:
    async def go(journal: StepJournal) -> None:
        await say(journal, "hi")
        await asyncio.gather(*(journal.begin("tool", "writer", "t", {"n": n}) for n in range(3)))
        assert not journal.last_answers()

    assert in_the_end(execution, go) == ["finished", "started", "started", "started"]


def test_an_answer_does_not_wait_for_calls_beside_it(execution: Execution) -> None:
    async def go(journal: StepJournal) -> None:
        await journal.begin("model", "reader", "m", {"text": "hi"})
        await say(journal, "hi")

    assert in_the_end(execution, go) == ["started", "finished"]


def test_an_answer_is_written_when_its_step_is_stopped(execution: Execution) -> None:
    async def go(journal: StepJournal) -> None:
        await say(journal, "hi")
        await journal.close()

    assert in_the_end(execution, go) == ["finished"]


def test_an_answer_waits_only_a_moment_for_its_step(
    execution: Execution, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go(journal: StepJournal) -> None:
        await say(journal, "hi")
        await asyncio.sleep(0.5)

    monkeypatch.setattr(journals, "PUT_OFF_S", 0.05)
    assert in_the_end(execution, go) == ["finished"]


def test_an_answer_that_is_forgotten_is_written_first(execution: Execution) -> None:
    async def go(journal: StepJournal) -> None:
        await say(journal, "hi")
        await journal.forget_models()

    assert in_the_end(execution, go) == ["superseded"]
