"""`python -m tests.bench [chain loop …]`: start everything, measure, print one table."""

import os
import platform
import sys
import time
import traceback
from collections.abc import Callable

import psutil
import psycopg

from convergio.bootstrap.steps import interruptible
from tests.bench import agents, canvas, inbox, latency, resting, throughput, waits
from tests.bench.house import House, house
from tests.bench.table import Row, ms, shown

BENCHES: dict[str, Callable[[House], list[Row]]] = {
    "idle": resting.idle,
    "start": latency.start,
    "chain": throughput.chain,
    "fan": throughput.fan,
    "loop": throughput.loop,
    "hundred": throughput.hundred,
    "fifty": waits.fifty,
    "three_hundred": waits.three_hundred,
    "browser": latency.browser,
    "streamed": latency.streamed,
    "decision": latency.decision,
    "agents": agents.overhead,
    "conversations": agents.conversations,
    "long_loop": throughput.long_loop,
    "memory": resting.memory,
    "canvas": canvas.canvas,
    "inbox": inbox.inbox,
}


def main(names: list[str]) -> int:
    """Run the named benches, all when none is named."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"There is no bench “{unknown[0]}”; there are {', '.join(BENCHES)}.")
        return 2
    interruptible()
    began = time.monotonic()
    print("· Starting the product …", flush=True)
    with house() as made:
        print(_machine(made), flush=True)
        rows = [row for name in names or BENCHES for row in _measured(name, made)]
        floor = Row(
            "F, a bare transaction", f"{ms(made.floor.median)} (median of {len(made.floor.seconds):,})"
        )
    print(f"\n{shown([floor, *rows])}\n\n{time.monotonic() - began:.0f} s in all", flush=True)
    return 0


def _measured(name: str, made: House) -> list[Row]:
    """The rows of one bench; one that fails says so and the others go on."""
    began = time.monotonic()
    made.floor.mark()
    try:
        rows = BENCHES[name](made)
    except (AssertionError, psycopg.Error, psutil.Error, OSError, ValueError) as error:
        rows = [Row(name, f"could not be measured: {str(error).splitlines()[0] if str(error) else error!r}")]
        traceback.print_exc()
    print(f"\n· {name}, {time.monotonic() - began:.1f} s\n{shown(rows)}", flush=True)
    return rows


def _machine(made: House) -> str:
    shown_ = {name: made.value(f"SHOW {name}") for name in ("server_version", "fsync", "synchronous_commit")}
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"· {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, PostgreSQL {shown_['server_version'].split()[0]} with fsync "
        f"{shown_['fsync']} and synchronous_commit {shown_['synchronous_commit']}, "
        f"load {os.getloadavg()[0]:.1f} at the start"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
