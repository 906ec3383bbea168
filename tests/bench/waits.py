"""Many runs that mostly wait, in one worker: how little the machinery adds to the waiting."""

import time
from contextlib import ExitStack

from tests.bench import flows
from tests.bench.house import House
from tests.bench.table import Row
from tests.bench.throughput import cpu_row, last_end


def fifty(house: House) -> list[Row]:
    """Fifty runs of ten waits of 200 ms at once."""
    return [
        *_waited(house, "50 runs of ten 200 ms waits", "pause-ten", flows.pause, (50, 10, 0.2), 2.24),
        *_waited(house, "… as agent steps", "said-ten", _said, (50, 10, 0.2), None),
    ]


def three_hundred(house: House) -> list[Row]:
    """Three hundred runs of three waits of two seconds at once."""
    return [
        *_waited(house, "300 runs of three 2 s waits", "pause-three", flows.pause, (300, 3, 2.0), 7.2),
        *_waited(house, "… as agent steps", "said-three", _said, (300, 3, 2.0), None),
    ]


def _said(step_id: str, seconds: float) -> dict[str, object]:
    return flows.said(step_id, f"wait={seconds}")


def _waited(
    house: House, what: str, name: str, step: object, shape: tuple[int, int, float], most: float | None
) -> list[Row]:
    count, length, seconds = shape
    steps = [step(f"s{number}", seconds) for number in range(length)]  # type: ignore[operator]
    slug = house.publish(name, flows.row(*steps))
    with ExitStack() as measuring:
        with house.held():
            ids = [house.start(slug) for _ in range(count)]
            spent = measuring.enter_context(house.meters.running())
            released = time.time()
        house.finish(ids)
    took, perfect = last_end(house, ids) - released, length * seconds
    target, met = (f"≤ {most} s", took <= most) if most else ("", None)
    row = Row(what, f"{took:.2f} s (perfect {perfect:.2f})", target, met)
    return [row, cpu_row("… CPU per step", spent, count * length)]
