"""A run whose owner is lost, at any moment and as often as one likes, ends as it would have, with the same effects."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executions.engine import compile_plan
from executions.engine.commands import Start
from executions.engine.effects import TellParent
from executions.engine.state import ENDED_RUNS
from tests.unit.engine.fate import Fate, live
from tests.unit.engine.graphs import sketch
from tests.unit.engine.shaken import WITHDRAWALS, Shaken, address_of
from tests.unit.engine.world import World
from tests.unit.workflows.strategies import INPUT_VALUES, definitions
from workflows.schema import Definition

SEEDS = 6 * settings.default.max_examples
"""Big runs that one test looks at; the profile says how thorough it is."""


def lived[W: World](world: W, seed: int) -> W:
    """A whole run: first anything may happen, then only good things."""
    world.send(Start(INPUT_VALUES))
    live(world, Fate(seed), 60)
    live(world, Fate(seed, kind=True), 600)
    assert world.state.status in ENDED_RUNS, world.phases()
    return world


def ends_the_same(definition: Definition, seed: int, chance: float) -> None:
    plan = compile_plan(definition)
    steady = lived(World(plan), seed)
    shaken = lived(Shaken(plan, dice=Random(seed), chance=chance), seed)
    assert sorted(map(repr, shaken.log)) == sorted(map(repr, steady.log))
    assert shaken.rows == steady.rows
    assert set(shaken.open_rows) == set(steady.open_rows)
    assert (shaken.state.status, shaken.state.outputs) == (steady.state.status, steady.state.outputs)
    for name in ("context", "extra", "usage", "seq"):
        assert getattr(shaken.state, name) == getattr(steady.state, name), name
    does_the_same(shaken, steady)


def does_the_same(shaken: Shaken, steady: World) -> None:
    """Each effect once from its transition; again only what its address shows to be the same."""
    assert sorted(map(repr, shaken.effects)) == sorted(map(repr, steady.effects))
    known = {address_of(one) for one in steady.effects}
    harmless = {kind.__name__ for kind in WITHDRAWALS}
    assert {one for one in shaken.again if one not in known and one[0] not in harmless} == set()
    once = [address_of(one) for one in steady.effects if not isinstance(one, (*WITHDRAWALS, TellParent))]
    assert len(set(once)) == len(once), "two effects with one address"


@given(definition=definitions(), seed=st.integers(0, 2**32), chance=st.sampled_from([1.0, 0.5, 0.2]))
def test_a_lost_owner_changes_nothing(definition: Definition, seed: int, chance: float) -> None:
    ends_the_same(definition, seed, chance)


@pytest.mark.parametrize("chance", [1.0, 0.3])
def test_a_lost_owner_of_a_big_run_changes_nothing(chance: float) -> None:
    for seed in range(SEEDS):
        ends_the_same(sketch(seed), seed, chance)
