"""How long people and programs wait for what happens: from one process to the other."""

import time

from tests.bench import flows
from tests.bench.house import House
from tests.bench.table import Row, p50_p95, quantile
from tests.bench.websocket import Live

STARTS = 60
DECISIONS = 25
BEGAN = "SELECT extract(epoch FROM min(started_at))::float8 FROM executions_call WHERE execution_id = %s"
WRITTEN = "SELECT seq, extract(epoch FROM at)::float8 FROM executions_event WHERE execution_id = %s"


def start(house: House) -> list[Row]:
    """From the call of the API, before it is sent, to the first step at work in the worker."""
    slug = house.publish("chain", flows.chain())
    house.run(slug)
    took, calls = [], []
    with house.meters.running() as spent:
        for _ in range(STARTS):
            asked = time.time()
            run = house.start(slug)
            calls.append(time.time() - asked)
            house.finish([run])
            took.append(house.value(BEGAN, run) - asked)
    met = quantile(took, 0.5) <= 0.010 and quantile(took, 0.95) <= 0.020
    web = spent.cpu["web"] * 1000 / STARTS
    return [
        Row("start call to first step", p50_p95(took), "p50 ≤ 10 ms, p95 ≤ 20 ms", met),
        Row(
            "… the call alone, until it is answered", f"{p50_p95(calls)}; {web:.1f} ms CPU of the web process"
        ),
    ]


def browser(house: House) -> list[Row]:
    """From the moment a change is decided, before it is written, to the page that hears of it."""
    steps = [flows.pause(f"s{number}", 0.1) for number in range(15)]
    slug = house.publish("paced", flows.row(*steps))
    took: list[float] = []
    with Live(house.browser) as live:
        for _ in range(3):
            run = house.start(slug)
            live.join(f"execution.{run}")
            house.finish([run])
            time.sleep(0.2)
            written = dict(house.rows(WRITTEN, run))
            pokes = [(at, each) for at, each in live.heard if each["topic"] == f"execution.{run}"]
            took += [at - written[each["seq"]] for at, each in pokes if each["type"] == "poke"]
    met = quantile(took, 0.5) <= 0.030 and quantile(took, 0.95) <= 0.100
    return [Row("commit to browser", p50_p95(took), "p50 ≤ 30 ms, p95 ≤ 100 ms", met)]


def streamed(house: House) -> list[Row]:
    """From a word leaving the model server to the page that shows it."""
    slug = house.publish("streamed", flows.row(flows.said("s1", "wait=2 words=150 gap=0.02")))
    took: list[float] = []
    with Live(house.browser) as live:
        run = house.start(slug)
        live.join(f"execution.{run}")
        house.finish([run])
        time.sleep(0.2)
        for at, each in live.heard:
            if each["type"] == "delta":
                took += [at - float(word) for word in each["text"].split()]
    late = quantile(took, 0.95)
    return [Row("streamed word to browser", p50_p95(took), "p95 ≤ 100 ms", late <= 0.100)]


def decision(house: House) -> list[Row]:
    """From a decision, before its call is sent, to the step after it at work."""
    slug = house.publish("gate", flows.gate())
    took = []
    for _ in range(DECISIONS):
        run = house.start(slug)
        request = _asked(house, run)
        decided = time.time()
        house.post(f"/approvals/{request}/decisions", {"answer": "approve"})
        house.finish([run])
        took.append(house.value(BEGAN, run) - decided)
    late = quantile(took, 0.95)
    return [Row("decision to resumed step", p50_p95(took), "p95 ≤ 100 ms", late <= 0.100)]


def _asked(house: House, run: str) -> str:
    """The request of a run, once it is open and nobody owns the run any more."""
    while True:
        found = house.rows("SELECT id FROM approvals_approvalrequest WHERE origin = %s", run)
        if found and not house.value("SELECT owner FROM executions_execution WHERE id = %s", run):
            return str(found[0][0])
        time.sleep(0.01)
