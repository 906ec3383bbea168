"""What a step costs: chains, a fan, loops, and a hundred chains at once."""

import statistics
import time
from contextlib import ExitStack
from itertools import pairwise

from tests.bench import flows
from tests.bench.house import House
from tests.bench.meters import Spent
from tests.bench.table import Row, ms, quantile

STARTED = """
SELECT extract(epoch FROM started_at)::float8, extract(epoch FROM ended_at)::float8
FROM executions_execution WHERE id = ANY(%s::uuid[])
"""
PASSES = """
SELECT extract(epoch FROM started_at)::float8 FROM executions_steprun
WHERE execution_id = %s AND kind = 'iteration' ORDER BY started_at
"""
CHAINS = 25
AT_ONCE = 100
LOOPS = 12
WINDOW = 100


def chain(house: House) -> list[Row]:
    """Ten steps, each of which reads what the one before found; one run after the other."""
    slug = house.publish("chain", flows.chain())
    ids = []
    for _ in range(CHAINS):
        ids.append(house.run(slug))
        house.floor.take(10)
    floor, took = house.floor.here(), statistics.median(durations(house, ids)) / 10
    row = Row("chain of 10, time per step", ms(took), "≤ 3.5 F", took <= 3.5 * floor, took / floor)
    return [row, *_counted(house, slug, "chain", runs=10, steps=100)]


def hundred(house: House) -> list[Row]:
    """A hundred chains that begin at the same moment."""
    slug = house.publish("chain", flows.chain())
    with ExitStack() as measuring:
        with house.held():
            ids = [house.start(slug) for _ in range(AT_ONCE)]
            spent = measuring.enter_context(house.meters.running())
            released = time.time()
        house.finish(ids)
    steps = AT_ONCE * 10
    took = last_end(house, ids) - released
    floor, each = house.floor.here(), took / steps
    reached = Row(
        "100 chains at once",
        f"{steps / took:.0f} steps/s",
        "≥ 620 steps/s, ≤ 3 F",
        steps / took >= 620 and each <= 3 * floor,
        each / floor,
    )
    return [reached, cpu_row("CPU per step, 100 chains", spent, steps, most=2.4)]


def fan(house: House) -> list[Row]:
    """One step, twenty at once, one that waits for all."""
    slug = house.publish("fan", flows.fan())
    ids = [house.run(slug) for _ in range(12)]
    took, floor = statistics.median(durations(house, ids)), house.floor.here()
    _, wrote, _ = _counts(house, slug, 1)
    return [
        Row("fan-out of 20 and join", ms(took), "≤ 19 ms", took <= 0.019, took / floor),
        Row("… write transactions", str(wrote), "≤ 6", wrote <= 6),
    ]


def loop(house: House) -> list[Row]:
    """Fifty items in turn."""
    slug = house.publish("loop", flows.loop())
    inputs = {"numbers": list(range(50))}
    ids = []
    for _ in range(LOOPS):
        ids.append(house.run(slug, inputs))
        house.floor.take(10)
    took, floor = statistics.median(durations(house, ids)) / 50, house.floor.here()
    row = Row("loop of 50, per iteration", ms(took), "≤ 1.8 ms", took <= 0.0018, took / floor)
    with house.meters.running() as spent:
        for _ in range(10):
            house.run(slug, inputs)
    cpu = cpu_row("CPU per step, loop of 50", spent, 500, most=2.4)
    return [row, cpu, *_counted(house, slug, "loop", runs=2, steps=100, inputs=inputs)]


def long_loop(house: House) -> list[Row]:
    """Five thousand items in turn: the last must not be dearer than the first."""
    slug = house.publish("loop", flows.loop())
    with house.meters.running() as spent:
        run = house.run(slug, {"numbers": list(range(5000))})
    began = [one for (one,) in house.rows(PASSES, run)]
    took = [later - sooner for sooner, later in pairwise(began)]
    first, middle, last = (
        statistics.median(part) for part in (took[:WINDOW], took[950:1050], took[-WINDOW:])
    )
    ratio = last / middle
    return [
        Row("loop of 5,000, item 1 (median of 100)", ms(first), floors=first / house.floor.here()),
        Row("… item 1,000", ms(middle)),
        Row("… item 5,000", f"{ms(last)}, {ratio:.2f} × item 1,000", "≤ 1.2 × item 1,000", ratio <= 1.2),
        Row("… p99 of all items", ms(quantile(took, 0.99))),
        cpu_row("CPU per step, loop of 5,000", spent, 5000, most=2.4),
    ]


def durations(house: House, ids: list[str]) -> list[float]:
    """Seconds from the decision that began a run to the one that ended it."""
    return [ended - started for started, ended in house.rows(STARTED, ids)]


def last_end(house: House, ids: list[str]) -> float:
    """When the last of these runs ended."""
    return max(ended for _, ended in house.rows(STARTED, ids))


def cpu_row(what: str, spent: Spent, steps: int, most: float | None = None) -> Row:
    """Milliseconds of processor time of the whole stack for each step, and whose they were."""
    each = {name: seconds * 1000 / steps for name, seconds in spent.cpu.items()}
    parts = ", ".join(f"{name} {part:.2f}" for name, part in each.items() if part >= 0.01)
    total = sum(each.values())
    target, met = (f"≤ {most} ms", total <= most) if most else ("", None)
    return Row(what, f"{total:.2f} ms ({parts})", target, met)


def _counted(
    house: House, slug: str, what: str, *, runs: int, steps: int, inputs: dict[str, list[int]] | None = None
) -> list[Row]:
    """Statements, transactions that write and bytes of log for each step, by the worker; starts are not counted."""
    asked, wrote, wal = _counts(house, slug, runs, inputs)
    return [
        Row(f"statements per step, {what}", f"{asked / steps:.2f}", "≤ 4", asked / steps <= 4),
        Row(f"write transactions per step, {what}", f"{wrote / steps:.2f}", "≤ 1.3", wrote / steps <= 1.3),
        Row(f"write-ahead log per step, {what}", f"{wal / steps:.0f} bytes"),
    ]


def _counts(
    house: House, slug: str, runs: int, inputs: dict[str, list[int]] | None = None
) -> tuple[int, int, int]:
    """What some runs cost the database, without heartbeats: statements, transactions that write, bytes of log."""
    with ExitStack() as counting:
        with house.held():
            ids = [house.start(slug, inputs) for _ in range(runs)]
            statements = counting.enter_context(house.statements())
            spent = counting.enter_context(house.meters.running())
        house.finish(ids)
    return len(statements.work), spent.transactions - statements.beats, spent.wal
