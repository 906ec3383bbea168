"""What must hold of every run after every transition, worked out from the events alone where that is possible."""

from collections import Counter
from typing import Any

from executions.engine import (
    Clock,
    Phase,
    RunState,
    Transition,
    Usage,
    advance,
    apply,
    is_idle,
    next_due,
    state_to_json,
    usage_from_json,
)
from executions.engine.asking import question_of
from executions.engine.commands import Due
from executions.engine.events import Event, EventType
from executions.engine.index import Index, first_timer
from executions.engine.state import ACTIVE_PHASES, ENDED_RUNS, SCOPE_KINDS, RunStatus
from tests.unit.engine.world import World
from workflows.schema import FirstJoin

RUN_ENDS = {EventType.RUN_COMPLETED, EventType.RUN_FAILED, EventType.RUN_CANCELLED, EventType.RUN_TIMED_OUT}


def rows_are_the_state(world: World, done: Transition) -> None:
    """What was to be written and closed gives exactly the step runs that are in memory."""
    stored = {key: world.rows[key] for key in world.open_rows}
    live = {(one["path"], one["round"]): one for one in state_to_json(world.state)["steps"]}
    assert stored == live


def counters_are_those_of_a_fresh_load(world: World, done: Transition) -> None:
    """The index kept up to date equals the index made anew."""
    kept, fresh = world.state.index, Index()
    if kept is None:
        return
    for run in world.state.steps.values():
        fresh.enter(run)
    assert {k: v for k, v in kept.ended.items() if v} == {k: v for k, v in fresh.ended.items() if v}
    assert {k: v for k, v in kept.working.items() if v} == {k: v for k, v in fresh.working.items() if v}
    assert {k: set(v) for k, v in kept.children.items() if v} == {
        k: set(v) for k, v in fresh.children.items() if v
    }
    assert set(kept.active) == set(fresh.active)
    assert kept.busy == fresh.busy
    earliest = first_timer(world.state)
    assert (earliest and earliest[0]) == min((at for at, _path in fresh.timers), default=None)


def log_tells_the_state(world: World, done: Transition) -> None:
    """Applying the log from nothing gives the run."""
    replayed = RunState()
    for event, at in zip(world.log, world.at, strict=True):
        apply(replayed, event, at)
    assert _plain(replayed) == _plain(world.state)


def _plain(state: RunState) -> dict[str, Any]:
    data = state_to_json(state)
    return data | {"steps": {one["path"]: one for one in data["steps"]}}


def waits_visibly(world: World, done: Transition) -> None:
    """A run that has not ended works, waits for something one can point at, or is paused."""
    state = world.state
    runs = [run for run in state.steps.values() if run.kind not in SCOPE_KINDS and run.phase in ACTIVE_PHASES]
    if state.status in ENDED_RUNS:
        assert not [run.path for run in state.steps.values() if run.phase in ACTIVE_PHASES]
        assert not (world.work or world.requests or world.children)
        assert state.ended_at is not None
        return
    working = {(run.path, run.round) for run in runs if run.phase is Phase.RUNNING}
    assert {key: one.question for key, one in world.requests.items() if one.question} == {
        (run.path, run.round): question_of(run) for run in state.steps.values() if question_of(run)
    }
    asked = {
        (run.path, run.round)
        for run in runs
        if run.phase is Phase.WAITING and run.kind in ("approval", "input")
    }
    in_between = {(run.path, run.round) for run in state.steps.values() if question_of(run)}
    asked |= in_between
    called = {(run.path, run.round) for run in runs if run.phase is Phase.WAITING and run.kind == "workflow"}
    called -= in_between
    assert set(world.work) == working
    assert set(world.requests) == asked
    assert set(world.children) == called
    timed = next_due(state) is not None
    listening = any(run.state.get("event") for run in runs)
    if state.status is RunStatus.RUNNING:
        assert working or timed
    if state.status is RunStatus.WAITING:
        assert is_idle(state)
        assert asked or called or timed or listening


def scopes_are_alive(world: World, done: Transition) -> None:
    """What is active lies in scopes that are active."""
    steps = world.state.steps
    for run in steps.values():
        if run.phase in ACTIVE_PHASES and run.scope:
            assert steps[run.scope].phase in ACTIVE_PHASES, run.path


def nothing_is_lost(world: World, done: Transition) -> None:
    """Wherever a scope runs and the run is not paused, a step that its edges allow to start has begun."""
    if world.state.status in (ENDED_RUNS | {RunStatus.PAUSED}) or not world.state.index:
        return
    if world.state.index.deferred:
        return
    before = len(world.log), state_to_json(world.state)
    world.state.index.swept = False
    again = _look_again(world)
    assert not again, again
    assert before[1] == state_to_json(world.state)


def _look_again(world: World) -> list[Event]:
    answer = advance(world.plan, world.state, Due(), Clock(world.now.min.replace(tzinfo=world.now.tzinfo)))
    assert isinstance(answer, Transition)
    return list(answer.events)


class Historian:
    """Follows the log with its own idea of edges and joins, and objects to what must not happen."""

    def __init__(self) -> None:
        self.started: Counter[tuple[str, int, int]] = Counter()
        self.ended: dict[str, tuple[str, str]] = {}
        self.results: Counter[tuple[str, int]] = Counter()
        self.over = False
        self.retrying: set[str] = set()

    def __call__(self, world: World, done: Transition) -> None:
        """Look at the facts of one transition, in order."""
        for event in done.events:
            counted = event.type is EventType.USAGE_COUNTED
            assert not self.over or counted or event.type is EventType.RUN_REVIVED, (
                f"{event.type} after the end"
            )
            self.over = event.type in RUN_ENDS or (self.over and counted)
            handler = getattr(self, "_" + event.type.replace(".", "_"), None)
            if handler:
                handler(world, event)

    def _step_started(self, world: World, event: Event) -> None:
        data = event.data
        key = (event.path, data["round"], data["attempt"])
        self.started[key] += 1
        assert self.started[key] == 1, f"{key} began twice"
        assert (event.path, data["round"]) not in self.results, f"{key} began after its end"
        if event.path in self.retrying:
            self.retrying.remove(event.path)
            return
        self._check_join(world, event.path, data["scope"], data["step_id"])

    def _check_join(self, world: World, path: str, scope: str, step_id: str) -> None:
        edges = world.plan.graph.incoming(step_id)
        if not edges:
            return
        ends = [self.ended.get(f"{scope}.{edge.source}" if scope else edge.source) for edge in edges]
        live = sum(end == ("on", edge.port) for end, edge in zip(ends, edges, strict=True))
        settled = all(end is not None for end in ends)
        join = world.plan.steps[step_id].join
        enough = {"all": None, "any": 1}.get(join) if not isinstance(join, FirstJoin) else join.first
        assert live >= 1, f"{path} began with no live edge"
        assert settled or (enough is not None and live >= enough), f"{path} began early"

    def _step_retrying(self, world: World, event: Event) -> None:
        self.retrying.add(event.path)

    def _step_revived(self, world: World, event: Event) -> None:
        self.ended.pop(event.path, None)
        self.retrying.add(event.path)

    def _step_skipped(self, world: World, event: Event) -> None:
        scope = event.data["scope"]
        for edge in world.plan.graph.incoming(event.data["step_id"]):
            end = self.ended.get(f"{scope}.{edge.source}" if scope else edge.source)
            assert end is not None and end != ("on", edge.port), f"{event.path} skipped with a live edge"
        self.ended[event.path] = ("skipped", "")

    def _step_succeeded(self, world: World, event: Event) -> None:
        self._record(event)
        self.ended[event.path] = ("on", event.data["port"])

    def _step_failed(self, world: World, event: Event) -> None:
        self._record(event)
        self.ended[event.path] = (
            ("on", event.data["port"]) if event.data["port"] == "error" else ("failed", "")
        )
        if not event.data["port"]:
            self.results.pop((event.path, event.data["round"]))

    def _record(self, event: Event) -> None:
        key = (event.path, event.data["round"])
        self.results[key] += 1
        assert self.results[key] == 1, f"{key} has two results"

    def _step_cancelled(self, world: World, event: Event) -> None:
        self.ended[event.path] = ("cancelled", "")

    def _step_taken(self, world: World, event: Event) -> None:
        on = event.data["phase"] in ("succeeded", "failed")
        self.ended[event.path] = ("on", event.data["port"]) if on else ("skipped", "")

    def _step_reopened(self, world: World, event: Event) -> None:
        self.ended.pop(event.path, None)
        self.retrying.discard(event.path)
        if world.plan.steps[event.path.rsplit(".", 1)[-1].split("[")[0]].type == "loop":
            self._forget_inside(event.path + "[")

    def _forget_inside(self, prefix: str) -> None:
        for path in [path for path in self.ended if path.startswith(prefix)]:
            del self.ended[path]


def usage_adds_up(world: World, done: Transition) -> None:
    """What the run used is what its step runs used, in all their rounds."""
    total = Usage()
    for row in world.rows.values():
        total.add(usage_from_json(row["usage"]))
    assert (total.requests, total.tokens) == (world.state.usage.requests, world.state.usage.tokens)
    assert round(total.cost, 8) == round(world.state.usage.cost, 8)


CHEAP = (
    rows_are_the_state,
    counters_are_those_of_a_fresh_load,
    waits_visibly,
    scopes_are_alive,
    usage_adds_up,
)
