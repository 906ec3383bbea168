"""The guarded write: all of a transition, or nothing."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from executions import database, statements
from executions.database import StoreUnavailable
from executions.engine.events import Event as Fact
from executions.engine.events import EventType
from executions.engine.state import Phase, StepRun
from executions.models import Command, Event, Execution, Worker
from executions.models import StepRun as StepRow
from executions.store import Claimed, LostRun, Store, Unreadable, Write, storable
from tests.executions.flows import agent, published
from tests.executions.flows import chain as flow
from tests.people import Cast

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def execution(cast: Cast) -> Execution:
    workflow = published(cast, flow(agent("one")))
    assert workflow.published
    return Execution.objects.create(
        workspace=cast.workspace, workflow=workflow, version=workflow.published, number=1, inputs={"a": 1}
    )


def with_store[T](action: Callable[[Store], Coroutine[Any, Any, T]], owner: str = "me") -> T:
    """Do something with a store of this owner."""

    async def go() -> T:
        store = Store(owner)
        await store.open()
        try:
            await store.rows("INSERT INTO executions_worker VALUES (%(name)s, now() + interval '1 minute', now())"
                             " ON CONFLICT DO NOTHING", name=owner)  # fmt: skip
            return await action(store)
        finally:
            await store.close()

    return asyncio.run(go())


def some_write(claimed: Claimed, *, number: int = 1, **more: Any) -> Write:
    """One event and one step run."""
    step = StepRun(
        path=f"one{number}", step_id="one", kind="agent", phase=Phase.RUNNING, attempt=1, input={"x": 1}
    )
    claimed.state.steps[step.path] = step
    claimed.state.seq += 1
    facts = {"at": NOW, "events": [Fact(EventType.STEP_STARTED, step.path, {"n": number})], "steps": [step]}
    return Write(**{**facts, "closed": set(), "commands": [], "kept": None, **more})


async def claimed_by(store: Store, execution: Execution) -> Claimed:
    claimed = await store.claim(execution.id)
    assert claimed
    return claimed


async def written(store: Store, claimed: Claimed, write: Write) -> str:
    return await store.write(claimed.facts, claimed.state, claimed.last_hash, write)


def test_a_claim_brings_the_run_its_open_steps_and_its_inbox(execution: Execution) -> None:
    StepRow.objects.create(execution=execution, path="open", step_id="open", kind="agent", status="running")
    StepRow.objects.create(execution=execution, path="shut", step_id="shut", kind="agent", is_open=False)
    first = Command.objects.create(execution=execution, kind="pause")
    second = Command.objects.create(execution=execution, kind="cancel", data={"reason": "r"})
    claimed = with_store(lambda store: claimed_by(store, execution))
    assert list(claimed.state.steps) == ["open"]
    assert [(one.id, one.kind) for one in claimed.inbox] == [(first.id, "pause"), (second.id, "cancel")]
    assert (claimed.facts.fence, claimed.facts.claims_without_progress) == (1, 1)
    assert claimed.state.inputs == {"a": 1}


def test_only_one_of_two_claims_wins(execution: Execution) -> None:
    async def go(store: Store) -> list[Claimed | None]:
        return list(await asyncio.gather(*(store.claim(execution.id) for _ in range(6))))

    assert sum(one is not None for one in with_store(go)) == 1


def test_what_a_living_worker_owns_is_not_claimed(execution: Execution) -> None:
    assert with_store(lambda store: store.claim(execution.id), "first")
    assert with_store(lambda store: store.claim(execution.id), "second") is None
    stores_worker_gone("first")
    assert with_store(lambda store: store.claim(execution.id), "second")


def stores_worker_gone(name: str) -> None:
    Worker.objects.filter(name=name).delete()


def test_what_has_nothing_to_do_is_not_claimed(execution: Execution) -> None:
    Execution.objects.update(status="waiting")
    assert with_store(lambda store: store.claim(execution.id)) is None
    Command.objects.create(execution=execution, kind="cancel")
    assert with_store(lambda store: store.claim(execution.id))


def test_a_write_moves_everything_at_once(execution: Execution) -> None:
    order = Command.objects.create(execution=execution, kind="pause")

    async def go(store: Store) -> str:
        claimed = await claimed_by(store, execution)
        return await written(
            store, claimed, some_write(claimed, commands=[order.id], kept='{"context": {"k": 1}}')
        )

    last_hash = with_store(go)
    execution.refresh_from_db()
    assert (execution.seq, execution.last_hash, execution.state) == (1, last_hash, {"context": {"k": 1}})
    assert execution.claims_without_progress == 0
    assert Event.objects.get().hash == last_hash
    assert StepRow.objects.get().input == {"x": 1}
    assert not Command.objects.exists()


def test_a_step_run_is_updated_and_keeps_its_birth(execution: Execution) -> None:
    async def go(store: Store) -> None:
        claimed = await claimed_by(store, execution)
        claimed.last_hash = await written(store, claimed, some_write(claimed))
        step = claimed.state.steps["one1"]
        step.phase, step.output = Phase.SUCCEEDED, "done"
        claimed.last_hash = await written(store, claimed, some_write(claimed, number=2, steps=[step]))
        await written(store, claimed, some_write(claimed, number=3, closed={("one1", 0)}))

    with_store(go)
    row = StepRow.objects.get(path="one1")
    assert (row.status, row.output, row.created_seq, row.is_open) == ("succeeded", "done", 1, False)


def test_a_run_that_was_taken_over_is_not_written(execution: Execution) -> None:
    async def go(store: Store) -> None:
        claimed = await claimed_by(store, execution)
        await store.count("UPDATE executions_execution SET fence = fence + 1")
        await written(store, claimed, some_write(claimed))

    with pytest.raises(LostRun):
        with_store(go)
    assert not Event.objects.exists()
    assert not StepRow.objects.exists()


def test_a_run_that_has_moved_is_not_written(execution: Execution) -> None:
    async def go(store: Store) -> None:
        claimed = await claimed_by(store, execution)
        await store.count("UPDATE executions_execution SET seq = 7")
        await written(store, claimed, some_write(claimed))

    with pytest.raises(LostRun):
        with_store(go)


def fail_once_after(store: Store, monkeypatch: pytest.MonkeyPatch, *, committed: bool) -> None:
    """The connection breaks in the first write, after the commit or before it."""
    real = store.rows
    failures = [psycopg.OperationalError("the server closed the connection")]

    async def rows(query: str, **values: Any) -> list[dict[str, Any]]:
        if failures and query.startswith(statements.WRITE):
            error = failures.pop()
            if committed:
                await real(query, **values)
            raise error
        return await real(query, **values)

    monkeypatch.setattr(store, "rows", rows)


@pytest.mark.parametrize("committed", [True, False])
def test_a_write_whose_answer_was_lost_is_there_once(
    execution: Execution, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    async def go(store: Store) -> str:
        claimed = await claimed_by(store, execution)
        fail_once_after(store, monkeypatch, committed=committed)
        return await written(store, claimed, some_write(claimed))

    last_hash = with_store(go)
    assert Event.objects.get().hash == last_hash
    execution.refresh_from_db()
    assert execution.seq == 1


def test_a_database_that_stays_away_gives_the_run_up(
    execution: Execution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE_S", 0.1)

    async def go(store: Store) -> None:
        claimed = await claimed_by(store, execution)

        async def away(*_: Any, **__: Any) -> None:
            raise psycopg.OperationalError("nobody there")

        monkeypatch.setattr(store, "rows", away)
        await written(store, claimed, some_write(claimed))

    with pytest.raises(StoreUnavailable):
        with_store(go)


def test_a_run_with_something_in_its_inbox_is_not_released(execution: Execution) -> None:
    async def go(store: Store) -> tuple[bool, bool]:
        claimed = await claimed_by(store, execution)
        await store.count(
            "INSERT INTO executions_command (execution_id, kind, data, posted_at)"
            " VALUES (%(id)s, 'pause', '{}', now())",
            id=execution.id,
        )
        first = await store.release(claimed.facts, None)
        await store.count("DELETE FROM executions_command")
        return first, await store.release(claimed.facts, NOW)

    assert with_store(go) == (False, True)
    execution.refresh_from_db()
    assert (execution.owner, execution.next_due_at) == ("", NOW)


def test_a_disowned_run_is_free_at_once(execution: Execution) -> None:
    async def go(store: Store) -> None:
        await store.disown((await claimed_by(store, execution)).facts, blameless=True)

    with_store(go)
    execution.refresh_from_db()
    assert execution.claims_without_progress == 0
    assert with_store(lambda store: store.claim(execution.id), "second")


def test_a_state_that_makes_no_sense_says_so(execution: Execution) -> None:
    StepRow.objects.create(execution=execution, path="one", step_id="one", kind="agent", status="what")
    with pytest.raises(Unreadable, match="what"):
        with_store(lambda store: store.claim(execution.id))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plain", "plain"),
        ("a\x00b", "a\ufffdb"),
        ("\ud83d", "\ufffd"),
        ("\U0001f600", "\U0001f600"),
        ({"k\x00": ["\x00"]}, {"k\ufffd": ["\ufffd"]}),
        (float("nan"), None),
        ([float("inf"), 1], [None, 1]),
        (uuid.UUID(int=1), str(uuid.UUID(int=1))),
        ((1, 2), [1, 2]),
        (r"C:\users\new", r"C:\users\new"),
    ],
)
def test_what_enters_a_run_can_be_stored(given: Any, kept: Any) -> None:
    assert storable(given) == kept
