"""What the product takes while nothing happens."""

import time

import psutil

from tests.bench.house import House
from tests.bench.table import Row

SECONDS = 10


def idle(house: House) -> list[Row]:
    """Processor time of everything but the model, over some seconds without work."""
    time.sleep(2)
    up = house.processes["up"]
    watching = _own(up)
    with house.meters.running() as spent:
        time.sleep(SECONDS)
    spent.cpu["up"] = _own(up) - watching
    share = spent.total / spent.wall
    parts = ", ".join(f"{name} {seconds / spent.wall:.1%}" for name, seconds in spent.cpu.items())
    return [Row("idle system", f"{share:.1%} of a core ({parts})", "< 3 %", share < 0.03)]


def memory(house: House) -> list[Row]:
    """What all processes hold at the end of everything, each with its share of what it shares with others."""
    held = house.meters.memory()
    worker = house.processes["worker"].memory_info().rss / 2**20
    parts = ", ".join(f"{name} {each:.0f}" for name, each in held.items())
    return [
        Row("memory, all processes", f"{sum(held.values()):.0f} MiB ({parts})"),
        Row("memory, worker process", f"{worker:.0f} MiB resident", "≤ 150 MiB", worker <= 150),
    ]


def _own(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
