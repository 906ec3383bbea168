"""`manage.py verify_events` names what somebody changed behind the product's back."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from executions import chain
from executions.engine import Usage
from executions.models import Event, Execution
from tests.executions.flows import agent, approval, published
from tests.executions.flows import chain as flow
from tests.people import Cast, make_cast
from tests.unit.engine.world import World


@pytest.fixture
def cast(db: None) -> Cast:
    """Nothing here needs a second connection."""
    return make_cast()


@pytest.fixture
def execution(cast: Cast) -> Execution:
    """A run among others: one that waits, one that failed, one that never began."""
    asks = World.of(flow(approval()))
    asks.start()
    recorded(cast, "asks", asks)
    fails = World.of(flow(agent("one")))
    fails.start()
    fails.fail("one", retryable=False)
    recorded(cast, "fails", fails)
    recorded(cast, "quiet", World.of(flow(agent("one"))))
    return recorded(cast, "flow", completed())


def completed() -> World:
    """Two steps, both paid."""
    world = World.of(flow(agent("one"), agent("two"), outputs={"two": "${steps.two.output}"}))
    world.start({"topic": "trains"})
    for path in ("one", "two"):
        world.succeed(path, f"say {path}", Usage(1, 10, 5, 0, 0.01))
    return world


def recorded(cast: Cast, slug: str, world: World) -> Execution:
    """A run as the store would have written it."""
    state, workflow = world.state, published(cast, flow(agent("one")), slug)
    execution = Execution(workspace=cast.workspace, workflow=workflow, version=workflow.published, number=1)
    for name in ("status", "inputs", "outputs", "error", "seq", "started_at", "ended_at"):
        setattr(execution, name, getattr(state, name))
    for name in Usage.__slots__:
        setattr(execution, name, getattr(state.usage, name))
    for seq, (fact, at) in enumerate(zip(world.log, world.at, strict=True), start=1):
        about = (str(fact.type), fact.path)
        execution.last_hash = chain.link(execution.last_hash, execution.pk, seq, at, about, fact.data)
        Event.objects.create(
            execution_id=execution.pk, seq=seq, at=at, type=about[0], path=fact.path, data=fact.data,
            hash=execution.last_hash,
        )  # fmt: skip
    execution.save()
    return execution


def verified(*runs: Execution) -> str:
    """What the command prints when all is well."""
    out = StringIO()
    call_command("verify_events", *(str(run.pk) for run in runs), stdout=out)
    return out.getvalue()


def broken(*runs: Execution) -> tuple[str, str]:
    """What the command prints before it fails, and its last sentence."""
    out = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("verify_events", *(str(run.pk) for run in runs), stdout=out)
    assert failure.value.returncode == 1
    return out.getvalue(), str(failure.value)


def sql(text: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        assert cursor.rowcount > 0, "nothing was changed"


def named(execution: Execution, seq: int, type: str = "") -> str:
    """How a broken event is named."""
    where = f"acme/flow #1 ({execution.pk}): event {seq}"
    return f"{where}, {type}: " if type else f"{where}: "


def event(execution: Execution, type: str) -> int:
    """The number of the first event of a type."""
    found = Event.objects.filter(execution_id=execution.pk, type=type).order_by("seq").first()
    assert found
    return found.seq


def test_untouched_logs_are_counted(execution: Execution) -> None:
    events = Event.objects.count()
    assert verified() == f"4 runs and {events} events checked; everything is as it was written.\n"
    assert verified(execution).startswith("1 run and ")


def test_one_changed_byte_is_named_with_run_and_event(execution: Execution) -> None:
    seq = event(execution, "step.succeeded")
    sql(
        "UPDATE executions_event SET data = overlay(data::text placing 'X' from position('say one' in data::text))"
        "::json WHERE execution_id = %s AND seq = %s",
        execution.pk,
        seq,
    )  # fmt: skip
    told, last = broken()
    assert named(execution, seq, "step.succeeded") in told
    assert told.count("\n") == 1
    assert last.startswith("4 runs and ")
    assert last.endswith("; 1 log is not as written.")


def test_every_part_of_every_event_matters(execution: Execution) -> None:
    changes = {"path": "'x' || path", "type": "'x' || type", "hash": "reverse(hash)", "data": "'{}'::json"}
    for seq in range(1, execution.seq + 1):
        for column, change in changes.items():
            event = Event.objects.get(execution_id=execution.pk, seq=seq)
            if column != "data" or event.data:
                where = "WHERE execution_id = %s AND seq = %s"
                sql(f"UPDATE executions_event SET {column} = {change} {where}", execution.pk, seq)
                assert chain.verify(execution).broken_at == seq
                event.save()
    assert chain.verify(execution).is_whole


def test_a_deleted_event_is_named(execution: Execution) -> None:
    sql("DELETE FROM executions_event WHERE execution_id = %s AND seq = 3", execution.pk)
    told, _ = broken(execution)
    assert named(execution, 3) in told
    assert "missing" in told


def test_a_swapped_pair_is_named(execution: Execution) -> None:
    for now, then in ((2, 900), (3, 2), (900, 3)):
        sql(
            "UPDATE executions_event SET seq = %s WHERE execution_id = %s AND seq = %s",
            then,
            execution.pk,
            now,
        )
    told, _ = broken(execution)
    assert f"#1 ({execution.pk}): event 2, " in told


def test_a_changed_time_is_named(execution: Execution) -> None:
    sql(
        "UPDATE executions_event SET at = at + interval '1 microsecond' WHERE execution_id = %s AND seq = 1",
        execution.pk,
    )
    assert named(execution, 1, "run.started") in broken()[0]


def test_a_cut_log_is_named(execution: Execution) -> None:
    sql("DELETE FROM executions_event WHERE execution_id = %s AND seq > 2", execution.pk)
    told, _ = broken(execution)
    assert named(execution, 3) in told
    assert f"wrote {execution.seq} events, but its log ends after event 2" in told


def test_a_lost_log_is_named(execution: Execution) -> None:
    sql("DELETE FROM executions_event WHERE execution_id = %s", execution.pk)
    assert named(execution, 1) in broken()[0]


def test_an_added_event_is_named(execution: Execution) -> None:
    """Also one that fits the chain: the run's row has not moved."""
    last = Event.objects.get(execution_id=execution.pk, seq=execution.seq)
    seq = last.seq + 1
    hash = chain.link(last.hash, execution.pk, seq, last.at, ("run.revived", ""), {})
    Event.objects.create(
        execution_id=execution.pk, seq=seq, at=last.at, type="run.revived", data={}, hash=hash
    )
    told, _ = broken(execution)
    assert named(execution, seq) in told
    assert "was added" in told


@pytest.mark.parametrize(
    "change",
    [
        "last_hash = repeat('0', 64)",
        "seq = seq - 1",
        "seq = seq + 1",
        "status = 'failed'",
        """outputs = '{"two": "forged"}'""",
        """inputs = '{"a": 1}'""",
        """error = '{"code": "forged"}'""",
        "cost = cost + 1",
        "prompt_tokens = prompt_tokens - 1",
    ],
)
def test_an_edited_row_of_a_run_is_found(execution: Execution, change: str) -> None:
    sql(f"UPDATE executions_execution SET {change} WHERE id = %s", execution.pk)
    told, _ = broken()
    assert f"acme/flow #1 ({execution.pk}): event " in told
    assert told.count("\n") == 1


def test_a_run_that_never_began_is_looked_at_as_well(execution: Execution) -> None:
    sql("UPDATE executions_execution SET status = 'completed' WHERE status = 'queued'")
    assert "acme/quiet #1" in broken()[0]


def test_a_run_that_was_taken_away_leaves_its_events(execution: Execution) -> None:
    sql("DELETE FROM executions_execution WHERE id = %s", execution.pk)
    told, _ = broken()
    assert told.startswith(f"{execution.pk}: event 1: ")
    assert "is gone" in told


def test_what_a_run_writes_meanwhile_is_no_fault(
    execution: Execution, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run moves between our look at its row and our look at its log."""
    early = Execution.objects.get(pk=execution.pk)
    second = Event.objects.get(execution_id=execution.pk, seq=2)
    early.seq, early.last_hash, early.status, early.outputs = 2, second.hash, "running", None
    for name in Usage.__slots__:
        setattr(early, name, 0)
    monkeypatch.setattr(Execution.objects, "get", lambda **_: early, raising=False)
    assert chain.verify(execution).is_whole


def test_a_run_that_is_not_there_is_told_in_a_sentence(db: None) -> None:
    for given, sentence in (
        ("nonsense", "not the id of a run"),
        (str(chain.uuid.UUID(int=1)), "There is no run"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command("verify_events", given)


def test_a_long_log_is_not_held_in_memory(execution: Execution, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in pieces through a cursor of the server: the same answer."""
    monkeypatch.setattr(chain, "AT_ONCE", 2)
    assert chain.verify(execution).is_whole
    sql("UPDATE executions_event SET path = 'x' WHERE execution_id = %s AND seq = 5", execution.pk)
    assert chain.verify(execution).broken_at == 5
