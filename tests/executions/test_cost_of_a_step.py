"""Exact gates: what a step costs the database, and what is held while a model is awaited. No clock is looked at.

The figures are counted by the server, so that they are the same on any machine under any load. Steps that echo record
no call of their own: what they cost is what the run itself costs.
"""

import gc
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, connections

from agents.operations import create_agent, seed_embedded_provider
from agents.runtime import kept
from agents.runtime.autogen import clients
from executions import inbox, operations
from executions import worker as workers
from executions.models import Execution
from executions.worker import Worker
from tests.bench import flows
from tests.executions.costs import Cost, counted, lived
from tests.executions.flows import agent, published, tool
from tests.people import Cast
from tests.stack.model_server import ModelServer, Request, Say

WRITER = {"slug": "writer", "name": "Writer", "role": "Writes", "system_prompt": "You write short texts."}


@pytest.fixture(autouse=True)
def _calm(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Nothing that comes by the clock, and no messages: the test says when a run begins."""
    settings.RUN_LEASE_S = 600
    monkeypatch.setattr(workers, "HEARTBEAT_S", 600.0)
    monkeypatch.setattr(kept, "KEEP_S", 600.0)
    for module in (inbox, operations):
        monkeypatch.setattr(module, "send_drive", lambda execution_id: None, raising=False)


@pytest.fixture
def models(cast: Cast, settings: Any) -> Iterator[ModelServer]:
    """The product's own tools and agents, and a scripted model behind the writer."""
    settings.AGENT_RUNTIME = "agents.runtime"
    with ModelServer() as server:
        settings.MODEL_SERVER_URL = server.url
        server.answer_with(Say("A text."))
        seed_embedded_provider(cast.workspace)
        create_agent(WRITER, by=cast.ada.actor)
        yield server


@pytest.fixture
def cost_of(worker: Worker, cast: Cast) -> Callable[..., Cost]:
    """What a run costs, when its worker has seen its version before."""

    def run(definition: dict[str, Any], **inputs: Any) -> Cost:
        workflow = published(cast, definition)
        begun = [operations.start(workflow, inputs, by=cast.cleo.actor) for _ in range(2)]
        lived(worker, begun[0])
        with counted() as cost:
            lived(worker, begun[1])
        assert {one.status for one in Execution.objects.all()} == {"completed"}
        print(cost)
        return cost

    return run


def echoes(number: int) -> dict[str, Any]:
    """A chain of steps that give back what they are given."""
    steps = [tool(f"s{n}", arguments={"n": n}) for n in range(number)]
    edges = [{"source": one["id"], "target": two["id"]} for one, two in pairwise(steps)]
    return {"format": 1, "steps": steps, "edges": edges}


def test_a_step_of_a_chain_is_one_write(cost_of: Callable[..., Cost]) -> None:
    """Beside the steps' own writes one begins the run and one claims it; the last one lets it go."""
    cost = cost_of(echoes(10))
    assert cost.writes <= 1.2 * 10, cost
    assert cost.statements <= 1.2 * 10, cost
    assert cost.wal <= 2500 * 10, cost


def test_a_calculation_is_recorded_with_the_step_it_ends(
    cost_of: Callable[..., Cost], models: ModelServer
) -> None:
    cost = cost_of(flows.chain(10))
    assert cost.writes <= 1.2 * 10, cost
    assert cost.statements <= 1.3 * 10, cost
    assert cost.wal <= 3700 * 10, cost


def test_siblings_that_end_together_are_written_together(
    cost_of: Callable[..., Cost], models: ModelServer
) -> None:
    """As many at once as a run may have; the calculator answers at once."""
    cost = cost_of(flows.fan(20))
    assert cost.writes <= 6, cost
    assert cost.wal <= 3500 * 22, cost


def test_a_pass_of_a_loop_is_one_write(cost_of: Callable[..., Cost]) -> None:
    config = {"mode": "for_each", "items": "${inputs.numbers}", "max_iterations": 1000}
    each = {"id": "each", "type": "loop", "config": config}
    inside = tool("inside", arguments={"n": "${item}"}, parent="each")
    definition = {"format": 1, "inputs": [flows.NUMBERS], "steps": [each, inside], "edges": []}
    cost = cost_of(definition, numbers=list(range(50)))
    assert cost.writes <= 50 + 3, cost
    assert cost.statements <= 50 + 3, cost
    assert cost.wal <= 4500 * 50, cost


def agents(number: int, concurrency: int = 1) -> dict[str, Any]:
    """A loop in which the writer answers each time."""
    config = {
        "mode": "for_each",
        "items": "${inputs.numbers}",
        "max_iterations": 1000,
        "concurrency": concurrency,
    }
    steps = [
        {"id": "each", "type": "loop", "config": config},
        agent("write", "Write ${item}.", parent="each"),
    ]
    return {"format": 1, "inputs": [flows.NUMBERS], "steps": steps, "edges": []}


def test_what_an_answer_of_an_agent_costs(cost_of: Callable[..., Cost], models: ModelServer) -> None:
    """Beside the step's own write, with which the answer is recorded, one as the call begins."""
    cost = cost_of(agents(10), numbers=list(range(10)))
    assert cost.writes <= 2.3 * 10, cost
    assert cost.statements <= 3 * 10, cost
    assert cost.wal <= 8000 * 10, cost


def test_a_hundred_agent_steps_make_one_model_client(
    worker: Worker, cast: Cast, models: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, make = [], clients._make
    monkeypatch.setattr(clients, "_make", lambda *given: made.append(given) or make(*given))
    workflow = published(cast, agents(100, 8))
    execution = operations.start(workflow, {"numbers": list(range(100))}, by=cast.cleo.actor)
    lived(worker, execution, seconds=60)
    assert len(models.requests) == 100
    assert len(made) <= 1


def test_no_connection_is_in_use_while_models_are_awaited(
    worker: Worker, cast: Cast, models: ModelServer
) -> None:
    seen = looked_at_while_awaited(worker, cast, models, lambda: None)
    assert seen == [0, 0]


def test_a_connection_that_is_taken_would_be_seen(worker: Worker, cast: Cast, models: ModelServer) -> None:
    seen = looked_at_while_awaited(worker, cast, models, connection.ensure_connection)
    assert seen == [0, 1]


def looked_at_while_awaited(
    worker: Worker, cast: Cast, models: ModelServer, first: Callable[[], None]
) -> list[int]:
    """What was in use at the moment when five model calls were awaited."""
    gc.collect()  # threads of earlier tests give their connections back
    together, seen = threading.Barrier(5, timeout=30), []

    def answer(request: Request) -> Say:
        if together.wait() == 0:
            first()
            seen.extend(in_use(worker))
            connection.close()
        together.wait()
        return Say("A text.")

    models.answer_with(answer)
    workflow = published(cast, agents(5, 5))
    execution = operations.start(workflow, {"numbers": list(range(5))}, by=cast.cleo.actor)
    connection.close()
    lived(worker, execution)
    assert len(models.requests) == 5
    return seen


def in_use(worker: Worker) -> list[int]:
    """Connections that are taken out of the worker's pool, and out of Django's."""
    pools = [worker.store.pool, connections["default"].pool]
    return [stats["pool_size"] - stats["pool_available"] for pool in pools for stats in [pool.get_stats()]]
