"""The hash chain finds what was changed."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from executions import chain
from executions.models import Event, Execution
from executions.worker import Worker
from tests.executions.flows import agent, ended, start
from tests.executions.flows import chain as flow
from tests.people import Cast

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOME = UUID(int=7)


@pytest.fixture
def execution(worker: Worker, cast: Cast) -> Execution:
    return ended(start(cast, flow(agent("one"), agent("two"))))


def test_an_untouched_log_is_whole(execution: Execution) -> None:
    found = chain.verify(execution)
    assert found.is_whole
    assert found.events == execution.seq


@pytest.mark.parametrize("change", [{"data": {}}, {"type": "step.failed"}, {"path": "two"}, {"at": AT}])
def test_a_changed_event_is_named(execution: Execution, change: dict[str, Any]) -> None:
    Event.objects.filter(execution_id=execution.id, seq=3).update(**change)
    found = chain.verify(execution)
    assert found.broken_at == 3
    assert "Event 3" in found.sentence


def test_one_byte_is_enough(execution: Execution) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE executions_event SET data = replace(data::text, 'say two', 'say tvo')::json"
            " WHERE execution_id = %s",
            [execution.id],
        )
    assert not chain.verify(execution).is_whole


def test_a_missing_event_is_named(execution: Execution) -> None:
    Event.objects.filter(execution_id=execution.id, seq=2).delete()
    assert chain.verify(execution).broken_at == 2


def test_a_cut_log_is_found(execution: Execution) -> None:
    Event.objects.filter(execution_id=execution.id, seq=execution.seq).delete()
    assert chain.verify(execution).broken_at == execution.seq


def test_a_rewritten_chain_does_not_fit_the_run(execution: Execution) -> None:
    """Somebody who changes the last event and its hash forgets the run's own."""
    last = Event.objects.get(execution_id=execution.id, seq=execution.seq)
    before = Event.objects.get(execution_id=execution.id, seq=execution.seq - 1).hash
    last.data = {"outputs": "other"}
    last.hash = chain.link(before, execution.id, last.seq, last.at, (last.type, last.path), last.data)
    Event.objects.filter(execution_id=execution.id, seq=last.seq).update(data=last.data, hash=last.hash)
    assert not chain.verify(execution).is_whole


def test_a_run_may_begin_while_it_is_checked(execution: Execution) -> None:
    """Its row was read before its first event was written, its log after."""
    early = Execution(id=execution.id, status="queued")
    events = Event.objects.filter(execution_id=execution.id).order_by("seq")
    assert chain.Reader(early).read(events).is_whole
    early.status = "completed"
    assert not chain.Reader(early).read(events).is_whole


def test_a_run_may_move_while_it_is_checked(worker: Worker, cast: Cast) -> None:
    running = start(cast, flow(*(agent(f"a{n}") for n in range(60))))
    seen = set()
    while not (last := Execution.objects.get(pk=running.pk)).ended_at:
        found = chain.verify(running)
        assert found.is_whole, found
        seen.add(found.events)
    assert len(seen) > 1, "it was only checked at rest"
    assert chain.verify(ended(last)).events == last.seq


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.django_db
@given(JSON)
def test_the_hash_is_the_same_before_the_database_and_after(data: Any) -> None:
    event = Event.objects.create(execution_id=SOME, seq=1, at=AT, type="t", data={"x": data}, hash="")
    stored = Event.objects.get(execution_id=SOME, seq=1)
    event.delete()
    before, after = (chain.link("", SOME, 1, AT, ("t", ""), one) for one in ({"x": data}, stored.data))
    assert before == after
