"""Running again from a step, with the original left as it is."""

from typing import Any

import pytest

from convergio.errors import InvalidInput, NotAllowed, NotFound
from executions import chain, operations
from executions.worker import Worker
from tests.executions.flows import agent, ended, log_of, start, step, tool
from tests.executions.flows import chain as flow
from tests.people import Cast


def test_a_fork_takes_over_what_came_before(worker: Worker, cast: Cast, fake: Any) -> None:
    original = ended(start(cast, flow(agent("one"), agent("two"), agent("three"))))
    before = log_of(original)

    forked = ended(operations.fork(original, "two", by=cast.cleo.actor, edited={"prompt": "say it better"}))

    assert forked.status == "completed"
    assert forked.forked_from_id == original.id
    assert forked.number == 2
    assert fake.calls["say one"] == 1
    assert step(forked, "one").output == "one: say one"
    assert step(forked, "two").output == "two: say it better"
    assert forked.requests == 2, "what was taken over costs nothing again"
    assert log_of(original) == before
    assert chain.verify(forked).is_whole


def test_a_fork_keeps_the_context(worker: Worker, cast: Cast) -> None:
    steps = [
        agent("one", set_context={"topic": "tea"}),
        agent("two"),
        agent("three", "say ${context.topic}", set_context={"topic": "coffee"}),
    ]
    original = ended(start(cast, flow(*steps)))
    forked = ended(operations.fork(original, "three", by=cast.cleo.actor))
    assert step(forked, "three").output == "three: say tea"


def test_a_fork_may_have_other_inputs(worker: Worker, cast: Cast) -> None:
    document = flow(agent("one"), agent("two", "say ${inputs.topic}"), inputs=[{"name": "topic"}])
    original = ended(start(cast, document, {"topic": "tea"}))
    forked = ended(operations.fork(original, "two", by=cast.cleo.actor, inputs={"topic": "coffee"}))
    assert forked.outputs == {"two": "two: say coffee"}


def test_a_fork_of_a_failed_run_goes_on_from_there(worker: Worker, cast: Cast) -> None:
    original = ended(start(cast, flow(agent("one"), agent("two", "fail once"))))
    forked = ended(operations.fork(original, "two", by=cast.cleo.actor, edited={"prompt": "say fine"}))
    assert forked.outputs == {"two": "two: say fine"}


def test_a_fork_reads_the_files_of_its_original(worker: Worker, cast: Cast) -> None:
    steps = [tool("save", "write", {"name": "a.txt"}), tool("load", "read", {"file": "a.txt"})]
    original = ended(start(cast, flow(*steps)))
    assert original.outputs == {"load": {"text": "hello"}}, original.error
    forked = ended(operations.fork(original, "load", by=cast.cleo.actor))
    assert forked.outputs == {"load": {"text": "hello"}}


def test_where_the_run_never_came_nothing_can_start(worker: Worker, cast: Cast) -> None:
    original = ended(start(cast, flow(agent("one"))))
    for path in ("nowhere", "one.two", "a\x00b", ""):
        with pytest.raises(InvalidInput):
            operations.fork(original, path, by=cast.cleo.actor)
    with pytest.raises(InvalidInput):
        operations.fork(original, "one", by=cast.cleo.actor, edited=["no object"])  # type: ignore[arg-type]


def test_a_fork_is_for_those_who_may_run(worker: Worker, cast: Cast) -> None:
    original = ended(start(cast, flow(agent("one"))))
    with pytest.raises(NotAllowed):
        operations.fork(original, "one", by=cast.eve.actor)
    with pytest.raises(NotFound):
        operations.fork(original, "one", by=cast.finn.actor)
