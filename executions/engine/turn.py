"""One transition in the making: facts are applied as they are found, and what they lead to is looked at next."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from executions.engine.apply import apply
from executions.engine.commands import Clock
from executions.engine.effects import Effect
from executions.engine.events import Event, EventType
from executions.engine.index import Index, index_of
from executions.engine.plan import Plan
from executions.engine.state import ENDED_RUNS, RunState, RunStatus, StepRun, Usage
from workflows.schema import Step

MAX_EVENTS = 500
"""A transition that has more facts than this starts no further pass of a loop; the rest is due at once."""


@dataclass(frozen=True, slots=True)
class Transition:
    """What a command led to, to be written as one.

    `changed` are the step runs to insert or update, by path and round (live objects: write them before the next
    command). `closed` are the (path, round) of step runs that are no longer needed to go on; they are not loaded again.
    `late` is what is to be added to the usage of step runs that were closed before.
    """

    at: datetime
    events: tuple[Event, ...]
    effects: tuple[Effect, ...]
    changed: tuple[StepRun, ...]
    closed: tuple[tuple[str, int], ...]
    late: tuple[tuple[str, int, Usage], ...] = ()


@dataclass
class Turn:
    """The run, its plan and the clock; the facts so far; and what is to be looked at next (see agenda.py)."""

    plan: Plan
    state: RunState
    clock: Clock
    events: list[Event] = field(default_factory=list)
    agenda: deque[tuple[str, tuple[str, ...]]] = field(default_factory=deque)

    @property
    def index(self) -> Index:
        """The run's counters."""
        return index_of(self.state)

    @property
    def is_open(self) -> bool:
        """Whether the run has not ended."""
        return self.state.status not in ENDED_RUNS

    @property
    def may_start(self) -> bool:
        """Whether new work may begin."""
        return self.is_open and self.state.status is not RunStatus.PAUSED

    @property
    def is_long(self) -> bool:
        """Whether enough has happened for one transition."""
        return len(self.events) >= MAX_EVENTS

    def emit(self, type: EventType, path: str = "", **data: Any) -> None:
        """A fact: applied at once, and logged."""
        event = Event(type, path, data)
        self.events.append(event)
        apply(self.state, event, self.clock.now)

    def later(self, question: str, *about: str) -> None:
        """Look at something after what is looked at now. `question` is one of agenda.QUESTIONS."""
        self.agenda.append((question, about))

    def once(self, question: str, *about: str) -> None:
        """The same, unless it is on the agenda already."""
        if (question, about) not in self.agenda:
            self.agenda.append((question, about))

    def step_of(self, run: StepRun) -> Step:
        """The definition's step of a step run; of a pass, the loop's."""
        return self.plan.steps[run.step_id]

    def step_as[S](self, run: StepRun, type: type[S]) -> S:
        """The definition's step of a step run whose kind is known."""
        return cast(S, self.plan.steps[run.step_id])

    def moment(self, seconds: float) -> str:
        """A time from now as the state keeps it."""
        return (self.clock.now + timedelta(seconds=seconds)).isoformat()
