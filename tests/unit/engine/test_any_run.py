"""Random definitions, random outcomes in random order: what must hold of every run."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executions.engine import compile_plan
from executions.engine.commands import Fork, Start
from executions.engine.state import ENDED_RUNS
from tests.unit.engine.fate import Fate, live
from tests.unit.engine.graphs import sketch
from tests.unit.engine.invariants import CHEAP, Historian, log_tells_the_state, nothing_is_lost
from tests.unit.engine.world import World
from tests.unit.workflows.strategies import INPUT_VALUES, definitions
from workflows.schema import Definition

SEEDS = 3 * settings.default.max_examples // 2
"""How many sketched runs one test looks at; the profile says how thorough it is."""
PLAIN = ("agent", "parallel", "loop", "sequential", "condition", "transform")


def run(definition: Definition, seed: int, *, restarts: bool = False, checked: bool = True) -> World:
    """A whole run: first anything may happen, then only good things."""
    checks = (*CHEAP, Historian(), log_tells_the_state, nothing_is_lost) if checked else ()
    world = World(compile_plan(definition), restarts=restarts, checks=checks)
    world.send(Start(INPUT_VALUES))
    live(world, Fate(seed), 60)
    live(world, Fate(seed, kind=True), 600)
    return world


def keeps_its_promises(definition: Definition, seed: int) -> None:
    world = run(definition, seed)
    assert world.state.status in ENDED_RUNS, world.phases()
    assert world.told_parent >= 1


def does_not_mind_restarts(definition: Definition, seed: int) -> None:
    steady = run(definition, seed, checked=False)
    shaken = run(definition, seed, restarts=True, checked=False)
    assert sorted(map(repr, shaken.log)) == sorted(map(repr, steady.log))
    assert sorted(map(repr, shaken.effects)) == sorted(map(repr, steady.effects))
    assert shaken.rows == steady.rows
    assert set(shaken.open_rows) == set(steady.open_rows)
    assert (shaken.state.status, shaken.state.outputs) == (steady.state.status, steady.state.outputs)


@given(definition=definitions(), seed=st.integers(0, 2**32))
def test_every_run_ends_and_keeps_every_promise_on_the_way(definition: Definition, seed: int) -> None:
    for more in range(3):
        keeps_its_promises(definition, seed + more)


@pytest.mark.parametrize("block", range(8))
def test_every_big_run_ends_and_keeps_every_promise_on_the_way(block: int) -> None:
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        keeps_its_promises(sketch(seed), seed)


@given(definition=definitions(), seed=st.integers(0, 2**32))
def test_a_restart_after_every_transition_changes_nothing(definition: Definition, seed: int) -> None:
    does_not_mind_restarts(definition, seed)


@pytest.mark.parametrize("block", range(4))
def test_a_restart_after_every_transition_of_a_big_run_changes_nothing(block: int) -> None:
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        does_not_mind_restarts(sketch(seed), seed)


@given(definition=definitions(types=PLAIN))
def test_when_all_goes_well_the_run_completes(definition: Definition) -> None:
    world = World(compile_plan(definition), checks=(*CHEAP, Historian()))
    world.send(Start(INPUT_VALUES))
    live(world, Fate(1, kind=True), 600)
    if world.status != "completed":
        assert world.state.error is not None
        assert world.state.error["code"] in ("missing_variable", "too_many_items")


@pytest.mark.parametrize("block", range(2))
def test_a_fork_from_any_step_of_any_run_ends_and_does_not_repeat_what_it_took(block: int) -> None:
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        first = run(sketch(seed), seed, checked=False)
        newest = {row["path"]: row for _key, row in sorted(first.rows.items())}
        steps = sorted(path for path, row in newest.items() if row["kind"] != "iteration")
        path = steps[seed % len(steps)]
        copy = World(first.plan, checks=(*CHEAP, Historian(), log_tells_the_state, nothing_is_lost))
        copy.send(Fork(INPUT_VALUES, path, tuple(newest.values()), context=dict(first.state.context)))
        taken = {event.path for event in copy.log if event.type == "step.taken"}
        assert not taken & {event.path for event in copy.log if event.type == "step.started"}
        live(copy, Fate(seed, kind=True), 600)
        assert copy.state.status in ENDED_RUNS, (path, copy.phases())
