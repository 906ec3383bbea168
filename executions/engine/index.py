"""What can be counted from the step runs of a run, kept up to date so that no decision has to look at all of them.

Nothing here is stored: `index_of` makes it from the step runs of a freshly loaded run. `enter` and `leave` are used for
that and for every change, so both ways give the same.
"""

from collections import defaultdict
from datetime import datetime
from heapq import heappop, heappush

from executions.engine.state import ACTIVE_PHASES, ENDED_PHASES, WORK_KINDS, Phase, RunState, StepRun, Usage


class Index:
    """Counters by scope, active step runs, timers; and what the transition at hand has touched."""

    def __init__(self) -> None:
        self.children: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.ended: defaultdict[str, int] = defaultdict(int)
        self.working: defaultdict[str, int] = defaultdict(int)
        self.active: dict[str, None] = {}
        self.busy = 0
        self.timers: list[tuple[datetime, str]] = []
        self.deferred: dict[str, None] = {}
        self.swept = False
        self.touched: dict[tuple[str, int], StepRun] = {}
        self.closed: dict[tuple[str, int], None] = {}
        self.late: list[tuple[str, int, Usage]] = []

    def enter(self, step: StepRun) -> None:
        """Count a step run in as it stands."""
        self.children[step.scope][step.path] = None
        if step.phase in ENDED_PHASES:
            self.ended[step.scope] += 1
        elif step.phase in ACTIVE_PHASES:
            self.working[step.scope] += 1
            self.active[step.path] = None
            self.busy += is_busy(step)
            if step.due_at is not None:
                heappush(self.timers, (step.due_at, step.path))

    def leave(self, step: StepRun) -> None:
        """Take a step run out of the counters, before it changes."""
        if step.phase in ENDED_PHASES:
            self.ended[step.scope] -= 1
        elif step.phase in ACTIVE_PHASES:
            self.working[step.scope] -= 1
            self.active.pop(step.path, None)
            self.busy -= is_busy(step)

    def touch(self, step: StepRun) -> None:
        """Remember that this step run must be written."""
        self.touched[step.path, step.round] = step

    def close(self, step: StepRun) -> None:
        """Remember that this step run is no longer needed to go on."""
        self.closed[step.path, step.round] = None

    def came_late(self, path: str, round: int, usage: Usage) -> None:
        """Remember what must be added to a step run that is no longer needed to go on."""
        self.late.append((path, round, usage))

    def forget(self, scope: str) -> None:
        """Drop the counters of a scope that is gone."""
        for table in (self.children, self.ended, self.working):
            table.pop(scope, None)


def is_busy(step: StepRun) -> bool:
    """Whether a process is needed for this step run right now."""
    return step.phase is Phase.RUNNING and step.kind in WORK_KINDS


def index_of(state: RunState) -> Index:
    """The run's index, made from its step runs when it has none."""
    if state.index is None:
        state.index = Index()
        for step in state.steps.values():
            state.index.enter(step)
    return state.index


def first_timer(state: RunState) -> tuple[datetime, str] | None:
    """The earliest timer that still holds; those of steps that moved on are dropped on the way."""
    timers = index_of(state).timers
    while timers and not _holds(state, timers[0]):
        heappop(timers)
    return timers[0] if timers else None


def _holds(state: RunState, timer: tuple[datetime, str]) -> bool:
    at, path = timer
    step = state.steps.get(path)
    return step is not None and step.phase in ACTIVE_PHASES and step.due_at == at
