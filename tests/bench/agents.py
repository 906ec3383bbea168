"""What agents cost over the bare calls to their model, and how many of them two cores carry."""

import asyncio
import time
from contextlib import ExitStack

import openai

from tests.bench import flows
from tests.bench.house import House
from tests.bench.table import Row, p50_p95
from tests.bench.throughput import cpu_row, durations

STEPS, RUNS = 10, 20
SECONDS = 15
EACH_MINUTE = 1000
PROMPT = "Answer. wait=0"


def overhead(house: House) -> list[Row]:
    """Agent steps that nobody watches, and as many bare calls with the same client library."""
    slug = house.publish("agents", flows.row(*(flows.said(f"s{n}", "wait=0") for n in range(STEPS))))
    house.run(slug)
    with ExitStack() as measuring:
        with house.held():
            ids = [house.start(slug) for _ in range(RUNS)]
            spent = measuring.enter_context(house.meters.running())
        house.finish(ids)
    bare = asyncio.run(_bare_calls(house.model_url, RUNS * STEPS)) * 1000
    row = cpu_row("agent step, CPU", spent, RUNS * STEPS)
    over = spent.total * 1000 / (RUNS * STEPS) - bare
    return [
        row,
        Row("… over its bare model call", f"{over:.2f} ms (a bare call {bare:.2f})", "≤ 8 ms", over <= 8),
    ]


def conversations(house: House) -> list[Row]:
    """Conversations of three agent turns, begun evenly at a thousand a minute; the model answers in one second."""
    slug = house.publish("talk", flows.row(*(flows.said(f"turn{n}", "wait=1") for n in range(3))))
    house.run(slug)
    count, ids = EACH_MINUTE * SECONDS // 60, []
    with house.meters.running() as spent:
        began = time.monotonic()
        for number in range(count):
            time.sleep(max(began + number * SECONDS / count - time.monotonic(), 0))
            ids.append(house.start(slug))
        late = time.monotonic() - began - SECONDS * (count - 1) / count
        house.finish(ids)
    took = durations(house, ids)
    kept_up = late < 0.5 and sorted(took)[int(len(took) * 0.95)] < 4.5
    said = f"{p50_p95(took)} for 3 s of model; {spent.total / (SECONDS + 3):.2f} cores busy"
    return [Row("1,000 three-turn conversations a minute", said, "kept up with", kept_up)]


async def _bare_calls(url: str, count: int) -> float:
    """Seconds of our own processor time for one call."""
    async with openai.AsyncOpenAI(base_url=url, api_key="bench", max_retries=0) as client:

        async def ask() -> None:
            messages = [{"role": "system", "content": "x" * 1500}, {"role": "user", "content": PROMPT}]
            await client.chat.completions.create(model="bench", messages=messages)  # type: ignore[arg-type]

        await ask()
        before = time.process_time()
        for _ in range(count):
            await ask()
        return (time.process_time() - before) / count
