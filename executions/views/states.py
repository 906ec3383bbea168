"""What a run looks like: how far each step is, for the picture and for the timeline."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from convergio.templatetags.ui import STATUS, duration
from executions.models import Execution, StepRun, StepStatus
from workflows.schema import Step

MOST_ROWS = 300
"""Lines of the timeline; a loop of thousands is shown by its newest iterations."""
LOUDEST = ("running", "waiting", "retrying", "failed", "pending", "succeeded", "cancelled", "skipped")
"""Where a step ran several times, the picture shows the state that matters most."""
LIGHT = (
    "id", "execution_id", "path", "round", "step_id", "kind", "scope", "status", "attempt", "port",
    "started_at", "ended_at", "cost", "created_seq", "served_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NodeState:
    """The state of a step in the picture."""

    status: str
    label: str
    note: str = ""
    ports: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Bar:
    """One round of a step in the timeline, in thousandths of the whole width."""

    round: int
    status: str
    left: int
    width: int


@dataclass(slots=True)
class Line:
    """A row of the timeline: a step with its rounds; the newest one speaks."""

    run: StepRun
    title: str
    depth: int
    bars: list[Bar] = field(default_factory=list)
    seconds: float | None = None


def light_runs(execution: Execution) -> list[StepRun]:
    """Return the step runs without their (perhaps large) inputs and outputs, in the order in which they began."""
    newest = StepRun.objects.filter(execution=execution).only(*LIGHT).order_by("-created_seq", "path")
    return list(reversed(newest[: MOST_ROWS * 2]))


def node_states(runs: Iterable[StepRun], now: datetime) -> dict[str, NodeState]:
    """Return the state of each step by its id."""
    by_step: dict[str, list[StepRun]] = defaultdict(list)
    for run in newest_rounds(runs):
        if run.kind != "iteration":
            by_step[run.step_id].append(run)
    return {step_id: _node_state(found, now) for step_id, found in by_step.items()}


def newest_rounds(runs: Iterable[StepRun]) -> list[StepRun]:
    """Return the newest round of each path."""
    newest: dict[str, StepRun] = {}
    for run in runs:
        if run.path not in newest or run.round >= newest[run.path].round:
            newest[run.path] = run
    return list(newest.values())


def _node_state(runs: Sequence[StepRun], now: datetime) -> NodeState:
    status = next(one for one in LOUDEST if any(run.status == one for run in runs))
    ports = frozenset(run.port or "done" for run in runs if run.status == StepStatus.SUCCEEDED or run.port)
    return NodeState(status, STATUS[status][1], _note(runs, status, now), ports)


def _note(runs: Sequence[StepRun], status: str, now: datetime) -> str:
    if len(runs) > 1:
        done = sum(run.status == StepStatus.SUCCEEDED for run in runs)
        return f"{done} of {len(runs)} done"
    run, word = runs[0], STATUS[status][1]
    if status == StepStatus.RETRYING:
        return f"Trying again ({run.attempt + 1})"
    spent = seconds_of(run, now)
    if status in (StepStatus.SUCCEEDED, StepStatus.FAILED) and spent is not None:
        return f"{word} in {duration(spent)}"
    return word


def seconds_of(run: StepRun, now: datetime) -> float | None:
    """Return how long a step took, or has taken so far."""
    return ((run.ended_at or now) - run.started_at).total_seconds() if run.started_at else None


def timeline(
    execution: Execution, runs: Sequence[StepRun], steps: Mapping[str, Step], now: datetime
) -> list[Line]:
    """Return the rows of the timeline, each step below what it lies in."""
    start = execution.started_at or execution.created_at
    whole = max(((execution.ended_at or now) - start).total_seconds(), 0.001)
    lines: dict[str, Line] = {}
    for run in runs:
        line = lines.setdefault(run.path, Line(run, _title(run, steps), 0))
        line.run = run if run.round >= line.run.round else line.run
        if run.started_at:
            line.bars.append(_bar(run, start, whole, now))
    for line in lines.values():
        line.seconds = seconds_of(line.run, now)
    places = {step_id: place for place, step_id in enumerate(steps)}
    in_time = dict(sorted(lines.items(), key=lambda one: _when(one[1].run, places, now)))
    return list(_below(in_time))[:MOST_ROWS]


def _when(run: StepRun, places: Mapping[str, int], now: datetime) -> tuple[datetime, int]:
    """Steps in the order in which they began; where that is the same, as the definition lists them."""
    moment = run.started_at or run.ended_at or now
    return moment.replace(microsecond=0), places.get(run.step_id, 0)


def _below(lines: Mapping[str, Line]) -> Iterable[Line]:
    children: dict[str, list[str]] = defaultdict(list)
    for path, line in lines.items():
        children[line.run.scope if line.run.scope in lines else ""].append(path)
    waiting = [(path, 0) for path in reversed(children[""])]
    while waiting:
        path, depth = waiting.pop()
        lines[path].depth = depth
        yield lines[path]
        waiting.extend((one, min(depth + 1, 5)) for one in reversed(children[path]))


def _bar(run: StepRun, start: datetime, whole: float, now: datetime) -> Bar:
    assert run.started_at  # noqa: S101 - the caller has looked
    left = (run.started_at - start).total_seconds() / whole * 1000
    width = ((run.ended_at or now) - run.started_at).total_seconds() / whole * 1000
    left = min(max(left, 0), 994)
    return Bar(run.round, run.status, round(left), max(6, round(min(width, 1000 - left))))


def _title(run: StepRun, steps: Mapping[str, Step]) -> str:
    if run.kind == "iteration":
        index = run.path.rpartition("[")[2].rstrip("]")
        return f"Item {int(index) + 1}" if index.isdecimal() else run.path
    return steps[run.step_id].title if run.step_id in steps else run.step_id


def progress(runs: Sequence[StepRun], steps: Mapping[str, Step]) -> dict[str, Any]:
    """Return how many of the top-level steps have been settled."""
    top = [step_id for step_id, step in steps.items() if step.parent is None]
    ended = {StepStatus.SUCCEEDED, StepStatus.SKIPPED, StepStatus.FAILED, StepStatus.CANCELLED}
    settled = {run.step_id for run in newest_rounds(runs) if run.status in ended and run.scope == ""}
    return {"done": len(settled & set(top)), "all": len(top)}
