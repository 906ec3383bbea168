"""Random definitions, random outcomes in random order: what must hold of every run."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executions.engine import Transition, Usage, next_due
from executions.engine.commands import (
    Cancel,
    ChildEnded,
    Command,
    Decided,
    Due,
    Failed,
    Pause,
    Received,
    Resume,
    RetryFailed,
    Start,
    Submitted,
    Succeeded,
)
from executions.engine.state import ENDED_RUNS, RunStatus
from tests.unit.engine.invariants import CHEAP, Historian, log_tells_the_state, nothing_is_lost
from tests.unit.engine.world import World
from tests.unit.workflows.strategies import EVENT, INPUT_VALUES, definitions
from workflows.schema import Definition

MANY = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
DECISIONS = ("approved", "approved", "rejected", "changes_requested", "changes_requested", "timed_out")


class Fate:
    """Draws what happens next. Kind fate only lets things end well."""

    def __init__(self, seed: int, *, kind: bool = False, orders: bool = True) -> None:
        self.random, self.kind, self.orders = Random(seed), kind, orders

    def next(self, world: World) -> tuple[Command, float] | None:
        """The next command and how much time passes before it; None when nothing can happen."""
        moves = [*self._results(world), *self._answers(world)]
        if not (self.kind and moves):
            moves += self._times(world)
        if self.orders and not self.kind and self.random.random() < 0.06:
            return self.random.choice([Cancel("no"), Pause(), Resume(), Resume(), RetryFailed()]), 0.0
        if world.state.status is RunStatus.PAUSED and not (moves and self.random.random() < 0.5):
            return Resume(), 0.0
        return self.random.choice(moves) if moves else None

    def _results(self, world: World) -> list[tuple[Command, float]]:
        moves: list[tuple[Command, float]] = []
        for job in sorted(world.work.values(), key=lambda one: (one.path, one.round)):
            where = (job.path, job.round, job.attempt)
            usage = Usage(1, 10, 5, 0, 0.01)
            moves += [(Succeeded(*where, {"text": job.path}, usage), 0.1)] * 3
            if not self.kind:
                moves.append((Failed(*where, "broken", "It broke.", self.random.random() < 0.7, usage), 0.1))
        return moves

    def _answers(self, world: World) -> list[tuple[Command, float]]:
        moves: list[tuple[Command, float]] = []
        for path, round in sorted(world.requests):
            if world.requests[path, round].kind == "approval":
                status = "approved" if self.kind else self.random.choice(DECISIONS)
                moves.append((Decided(path, round, status, "hm", None, ("Dan",)), 0.1))
            else:
                status = "submitted" if self.kind or self.random.random() < 0.8 else "timed_out"
                moves.append((Submitted(path, round, status, {"note": "x"}, "Cleo"), 0.1))
        for path, round in sorted(world.children):
            status = "completed" if self.kind else self.random.choice(["completed", "completed", "failed"])
            moves.append((ChildEnded(path, round, status, {"answer": 1}), 0.1))
        return moves

    def _times(self, world: World) -> list[tuple[Command, float]]:
        moves: list[tuple[Command, float]] = []
        if any(run.state.get("event") for run in world.state.steps.values() if run.phase == "waiting"):
            moves.append((Received(EVENT, {"n": 1}), 0.1))
        due = next_due(world.state)
        if due is not None:
            moves.append((Due(), max(0.0, (due - world.now).total_seconds())))
        return moves


def live(world: World, fate: Fate, most: int) -> None:
    """Let things happen until the run ends or nothing more can happen."""
    from datetime import timedelta

    for _ in range(most):
        if world.state.status in ENDED_RUNS and (fate.kind or fate.random.random() < 0.7):
            return
        move = fate.next(world)
        if move is None:
            return
        command, seconds = move
        world.now += timedelta(seconds=seconds)
        world.offer(command)


def run(
    definition: Definition, seed: int, *, restarts: bool = False, checked: bool = True, **fate: bool
) -> World:
    """A whole run: first anything may happen, then only good things."""
    from executions.engine import compile_plan

    checks = (*CHEAP, Historian(), log_tells_the_state, nothing_is_lost) if checked else ()
    world = World(compile_plan(definition), restarts=restarts, checks=checks)
    world.send(Start(INPUT_VALUES))
    live(world, Fate(seed, **fate), 60)
    live(world, Fate(seed, kind=True), 600)
    return world


@given(definition=definitions(), seed=st.integers(0, 2**32))
@MANY
def test_every_run_ends_and_keeps_every_promise_on_the_way(definition: Definition, seed: int) -> None:
    for more in range(4):
        world = run(definition, seed + more)
        assert world.state.status in ENDED_RUNS
        assert world.told_parent >= 1


@given(definition=definitions(), seed=st.integers(0, 2**32))
@MANY
def test_a_restart_after_every_transition_changes_nothing(definition: Definition, seed: int) -> None:
    steady = run(definition, seed, checked=False)
    shaken = run(definition, seed, restarts=True, checked=False)
    assert sorted(map(repr, shaken.log)) == sorted(map(repr, steady.log))
    assert shaken.state == steady.state or shaken.state.steps == steady.state.steps
    assert sorted(map(repr, shaken.effects)) == sorted(map(repr, steady.effects))
    assert shaken.rows == steady.rows


@given(definition=definitions(types=("agent", "parallel", "loop", "sequential", "condition", "transform")))
@settings(MANY, max_examples=200)
def test_when_all_goes_well_the_run_completes(definition: Definition) -> None:
    world = run(definition, 1, kind=True)
    assert world.status in ("completed", "failed")
    if world.status == "failed":
        assert world.state.error is not None
        assert world.state.error["code"] in ("missing_variable", "too_many_items")


def _unused() -> tuple[type, Callable[..., None]]:
    return Transition, pytest.fail
