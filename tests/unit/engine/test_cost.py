"""What a decision costs must not depend on how much has happened; counted in calls, which no load disturbs."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from executions.engine.commands import Due
from tests.unit.engine.build import agent, approval, started, step
from tests.unit.engine.world import World

SLACK = 1.1


def calls(action: Callable[[], Any]) -> int:
    """How many Python functions run during an action."""
    count = 0

    def note(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def costs_of_items(world: World, *windows: range) -> list[int]:
    """The summed cost of each window of items, while all items before them are done uncounted."""
    sums, done = [], 0
    for window in windows:
        for number in range(done, window.start):
            world.succeed(f"each[{number}].work")
        sums.append(sum(calls(lambda n=n: world.succeed(f"each[{n}].work")) for n in window))  # type: ignore[misc]
        done = window.stop
    return sums


def loop_of(count: int, **config: Any) -> World:
    return started(
        step("loop", "each", items=list(range(count)), max_iterations=count, **config),
        agent("work", parent="each"),
    )


def test_the_last_items_of_a_long_loop_cost_what_the_first_did() -> None:
    early, middle, late = costs_of_items(loop_of(1500), range(10, 60), range(500, 550), range(1400, 1450))
    assert middle <= early * SLACK
    assert late <= early * SLACK


def test_what_is_written_for_an_item_does_not_grow() -> None:
    world = loop_of(500)
    sizes = []
    for number in range(490):
        done = world.succeed(f"each[{number}].work")
        sizes.append((len(done.events), len(done.changed), len(done.closed)))
    assert len(set(sizes)) == 1


def test_many_passes_at_once_cost_no_more_each() -> None:
    early, late = costs_of_items(loop_of(800, concurrency=100), range(50), range(600, 650))
    assert late <= early * SLACK


def test_many_instant_items_are_done_in_linear_work() -> None:
    def cost(count: int) -> int:
        body = step("transform", "work", "each", value="${item}")
        made = started(step("loop", "each", items=list(range(count)), max_iterations=count), body)
        return calls(made.settle) if made.status == "running" else 0

    assert cost(2000) <= cost(500) * 4 * SLACK * 1.2


def test_a_long_history_of_revisions_costs_nothing() -> None:
    world = started(
        agent("draft"),
        approval("gate", revise="draft", max_revisions=20),
        agent("other"),
        flow="draft > gate",
    )
    costs = []
    for _ in range(20):
        world.succeed("draft")
        costs.append(calls(lambda: world.decide("gate", "changes_requested")))
    assert max(costs) <= min(costs) * SLACK


def test_a_wide_graph_costs_each_step_the_same() -> None:
    steps = [agent(f"a{n}") for n in range(500)]
    world = started(*steps)
    costs = [calls(lambda n=n: world.succeed(f"a{n}")) for n in range(490)]  # type: ignore[misc]
    assert sum(costs[-100:]) <= sum(costs[:100]) * SLACK


def test_many_timers_are_not_looked_at_one_by_one() -> None:
    few = started(*[agent(f"a{n}", timeout_s=60 + n) for n in range(10)])
    many = started(*[agent(f"a{n}", timeout_s=60 + n) for n in range(1000)])
    assert calls(lambda: many.send(Due())) <= calls(lambda: few.send(Due())) * 1.2
