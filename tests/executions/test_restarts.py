"""A run that is let go and claimed again after every write: the database gives back what was in memory."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import settings

from approvals.models import ApprovalRequest
from executions import chain, dispatch, inbox
from executions.engine import Rejection, Transition, compile_plan, pending_effects, state_to_json
from executions.engine.commands import ChildEnded, Command, Decided, Start, Submitted
from executions.engine.effects import CancelStep, Effect, RunStep
from executions.engine.state import ENDED_RUNS, RunState
from executions.models import Event, Execution, StepRun, Worker
from executions.store import Claimed, RunFacts, Store, Write, encode
from tests.executions.flows import agent, published
from tests.executions.flows import chain as flow
from tests.people import Cast
from tests.unit.engine.fate import Fate, live
from tests.unit.engine.graphs import sketch
from tests.unit.engine.shaken import address_of, in_hand
from tests.unit.engine.world import World
from tests.unit.workflows.strategies import INPUT_VALUES
from workflows.models import Workflow

SEEDS = settings.default.max_examples // 3


@dataclass
class Office:
    """A store in a loop that the test turns by hand."""

    store: Store
    runner: asyncio.Runner

    def claim(self, execution: Execution) -> Claimed:
        claimed = self.runner.run(self.store.claim(execution.id))
        assert claimed, "the run is not free"
        return claimed


@dataclass
class Stored(World):
    """A world whose rows are those of the database, and whose effects are really done, outside work excepted.

    With `restarts` another owner takes the run over after every write, and does again what is pending.
    """

    office: Office = field(kw_only=True)
    execution: Execution = field(kw_only=True)
    facts: RunFacts = field(init=False)
    last_hash: str = ""
    done_again: int = 0

    def __post_init__(self) -> None:
        self._take(self.office.claim(self.execution))

    def _take(self, claimed: Claimed) -> None:
        self.facts, self.state, self.last_hash = claimed.facts, claimed.state, claimed.last_hash

    def offer(self, command: Command, random: float = 0.5) -> Transition | Rejection:
        """What people and other runs say is settled on their side before this run hears of it."""
        if isinstance(command, Decided | Submitted):
            asked = ApprovalRequest.objects.filter(origin=str(self.execution.id), origin_path=command.path)
            asked.filter(round=command.round).update(status=command.status)
        elif isinstance(command, ChildEnded):
            called = self.execution.children.filter(parent_path=command.path, parent_round=command.round)
            called.update(status=command.status)
        return super().offer(command, random)

    def _store(self, done: Transition) -> None:
        super()._store(done)
        kept = encode({"context": self.state.context, "extra": self.state.extra})
        facts = (list(done.events), list(done.changed), set(done.closed), [], kept)
        write = Write(done.at, *facts, late=list(done.late))
        if write.events:
            self.last_hash = self._run(self.office.store.write(self.facts, self.state, self.last_hash, write))
        for effect in done.effects:
            self._act(effect)

    def restart(self) -> None:
        """Let the run go, claim it again, and do what may not have been done."""
        before, had = self.state, in_hand(self)
        self._run(self.office.store.disown(self.facts, blameless=True))
        self._take(self.office.claim(self.execution))
        assert plain(self.state) == plain(before)
        pending = pending_effects(self.plan, self.state)
        assert set(had) <= {address_of(effect) for effect in pending}
        for effect in pending:
            self._act(effect)
            self.done_again += address_of(effect) in had

    def _act(self, effect: Effect) -> None:
        actor: Any = SimpleNamespace(
            facts=self.facts,
            plan=self.plan,
            state=self.state,
            tell=_object,
            worker=SimpleNamespace(store=self.office.store),
        )
        if isinstance(effect, CancelStep):
            self._run(dispatch.cancel_child(actor, effect))
        elif not isinstance(effect, RunStep):
            self._run(dispatch.perform(actor, effect))

    def _run(self, work: Any) -> Any:
        return self.office.runner.run(work)


def _object(command: Command) -> None:
    raise AssertionError(f"a run could not be started: {command}")


def plain(state: RunState) -> dict[str, Any]:
    """A run as JSON; what it cost to the hundred-millionth of a dollar, as the database keeps it."""
    data = state_to_json(state)
    steps = {one["path"]: one | {"usage": _rounded(one["usage"])} for one in data["steps"]}
    return data | {"steps": steps, "usage": _rounded(data["usage"])}


def _rounded(usage: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 8) for name, value in usage.items()}


@pytest.fixture
def office(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(inbox, "send_drive", lambda execution_id: None)
    monkeypatch.setattr("executions.operations.send_drive", lambda execution_id: None, raising=False)
    Worker.objects.create(name="me", lease_until=timezone.now() + timedelta(minutes=5))
    with asyncio.Runner() as runner:
        store = Store("me")
        runner.run(store.open())
        yield Office(store, runner)
        runner.run(store.close())


@pytest.fixture
def workflow(cast: Cast) -> Workflow:
    published(cast, flow(agent("one"), inputs=[{"name": "topic"}]), slug="child")
    return published(cast, flow(agent("one")))


def lived(world: Stored, seed: int) -> Stored:
    """A whole run, as the pure tests live it."""
    world.send(Start(INPUT_VALUES))
    live(world, Fate(seed), 40)
    live(world, Fate(seed, kind=True), 600)
    assert world.state.status in ENDED_RUNS
    return world


def new_run(workflow: Workflow) -> Execution:
    number = Execution.objects.filter(workflow=workflow).count() + 1
    return Execution.objects.create(
        workspace=workflow.workspace,
        workflow=workflow,
        version=workflow.published,
        number=number,
        inputs=INPUT_VALUES,
    )


def test_a_run_that_is_claimed_anew_after_every_write_ends_the_same(
    office: Office, workflow: Workflow
) -> None:
    for seed in range(SEEDS):
        ends_the_same(office, workflow, seed)


def ends_the_same(office: Office, workflow: Workflow, seed: int) -> None:
    plan = compile_plan(sketch(seed))
    steady = lived(Stored(plan, office=office, execution=new_run(workflow)), seed)
    shaken = lived(Stored(plan, restarts=True, office=office, execution=new_run(workflow)), seed)
    assert shaken.done_again, "nothing was in hand when it was lost"
    assert what_is_told(shaken.execution) == what_is_told(steady.execution)
    assert what_was_asked(shaken.execution) == what_was_asked(steady.execution)
    assert rows_of(shaken.execution) == rows_of(steady.execution)
    assert end_of(shaken.execution) == end_of(steady.execution)
    shaken.execution.refresh_from_db()
    assert chain.verify(shaken.execution).is_whole


def what_is_told(execution: Execution) -> list[str]:
    """The log; what one command leads to in several branches may come in another order."""
    events = Event.objects.filter(execution_id=execution.id)
    return sorted(map(repr, events.values_list("type", "path", "data", "at")))


def what_was_asked(execution: Execution) -> list[Any]:
    """Requests to people and runs that were started, all of them."""
    requests = ApprovalRequest.objects.filter(origin=str(execution.id))
    children = Execution.objects.filter(parent=execution)
    return [
        sorted(requests.values_list("origin_path", "round", "kind", "status", "title")),
        sorted(map(repr, children.values_list("parent_path", "parent_round", "inputs"))),
    ]


def rows_of(execution: Execution) -> list[str]:
    rows = StepRun.objects.filter(execution=execution).values()
    changing = ("id", "execution_id", "created_seq")
    return sorted(repr({key: one for key, one in row.items() if key not in changing}) for row in rows)


def end_of(execution: Execution) -> dict[str, Any]:
    names = ("status", "outputs", "error", "state", "seq", "requests", "cost", "started_at", "ended_at")
    return dict(Execution.objects.values(*names).get(pk=execution.pk))
