"""A run with a pretended world around it: the store's rows, the work in hand, the requests that wait for people."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from executions.engine import (
    Clock,
    Plan,
    Rejection,
    RunState,
    StepRun,
    Transition,
    Usage,
    advance,
    compile_plan,
    next_due,
    state_from_json,
    state_to_json,
    step_to_json,
    usage_from_json,
    usage_to_json,
)
from executions.engine.commands import (
    Answered,
    Asked,
    ChildEnded,
    Command,
    Decided,
    Due,
    Failed,
    Start,
    Submitted,
    Succeeded,
)
from executions.engine.effects import (
    CancelStep,
    Effect,
    OpenRequest,
    RunStep,
    StartChild,
    TellParent,
    WithdrawRequest,
)
from executions.engine.events import Event, EventType
from workflows.schema import Definition

BEGINNING = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)

type Key = tuple[str, int]
type Check = Callable[["World", Transition], None]


@dataclass
class World:
    """Sends commands, keeps what the shell would keep. With `restarts`, the state is loaded anew after each of them."""

    plan: Plan
    state: RunState = field(default_factory=RunState)
    now: datetime = BEGINNING
    restarts: bool = False
    checks: tuple[Check, ...] = ()
    rows: dict[Key, dict[str, Any]] = field(default_factory=dict)
    open_rows: dict[Key, None] = field(default_factory=dict)
    log: list[Event] = field(default_factory=list)
    at: list[datetime] = field(default_factory=list)
    work: dict[Key, RunStep] = field(default_factory=dict)
    requests: dict[Key, OpenRequest] = field(default_factory=dict)
    children: dict[Key, StartChild] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    told_parent: int = 0

    @classmethod
    def of(cls, document: dict[str, Any], **options: Any) -> "World":
        """A world for a definition's document."""
        return cls(compile_plan(Definition.model_validate(document)), **options)

    def send(self, command: Command, random: float = 0.5) -> Transition:
        """A command that must be accepted."""
        answer = self.offer(command, random)
        assert isinstance(answer, Transition), answer
        return answer

    def offer(self, command: Command, random: float = 0.5) -> Transition | Rejection:
        """A command that may be refused."""
        answer = advance(self.plan, self.state, command, Clock(self.now, random))
        if isinstance(answer, Transition):
            self._store(answer)
            for check in self.checks:
                check(self, answer)
            if self.restarts:
                self.restart()
        return answer

    def restart(self) -> None:
        """Forget the state, and load it again the way the store does: the run, and the open rows."""
        data = json.loads(json.dumps(state_to_json(self.state)))
        kept = sorted(self.open_rows, key=lambda key: (key[0].count("."), len(key[0]), key))
        data["steps"] = [self.rows[key] for key in kept]
        self.state = state_from_json(data)

    # What people and runners do.

    def start(self, inputs: dict[str, Any] | None = None, **context: Any) -> Transition:
        return self.send(Start(inputs or {}, context))

    def succeed(self, path: str, output: Any = "out", usage: Usage | None = None) -> Transition:
        job = self.job(path)
        return self.send(
            Succeeded(path, job.round, job.attempt, output, usage or Usage(), "test-model"), random=0.5
        )

    def fail(self, path: str, code: str = "broken", retryable: bool = True, **more: Any) -> Transition:
        job = self.job(path)
        return self.send(Failed(path, job.round, job.attempt, code, f"{path} broke.", retryable, **more))

    def decide(self, path: str, status: str = "approved", comment: str = "", **more: Any) -> Transition:
        return self.send(Decided(path, self.step(path).round, status, comment, decided_by=("Dan",), **more))

    def submit(self, path: str, status: str = "submitted", **values: Any) -> Transition:
        return self.send(Submitted(path, self.step(path).round, status, values, "Cleo"))

    def asks(self, path: str, question: str = "send", kind: str = "tool", **more: Any) -> Transition:
        """A runner says that its work cannot go on without a person."""
        job, request = self.job(path), {"title": f"May {path}?", "data": {"to": "ada"}}
        return self.send(Asked(path, job.round, job.attempt, question, kind, request, **more))

    def answer(self, path: str, status: str = "approved", answer: str = "", **form: Any) -> Transition:
        """A person answers what a step asks now."""
        asked, round = self.question(path), self.step(path).round
        return self.send(Answered(path, round, asked, status, answer, "hm", form or None, ("Dan",)))

    def question(self, path: str) -> str:
        """The name of what a step asks."""
        return self.requests[path, self.step(path).round].question

    def end_child(self, path: str, status: str = "completed", **more: Any) -> Transition:
        return self.send(ChildEnded(path, self.step(path).round, status, **more))

    def wait(self, seconds: float) -> Transition:
        """Let time pass, and look at the timers."""
        self.now += timedelta(seconds=seconds)
        return self.send(Due())

    def settle(self) -> None:
        """Do the work that was left for later, as the shell does."""
        while (due := next_due(self.state)) is not None and due <= self.now:
            self.send(Due())

    # What can be asked.

    def job(self, path: str) -> RunStep:
        return self.work[path, self.step(path).round]

    def step(self, path: str) -> StepRun:
        return self.state.steps[path]

    def phase(self, path: str) -> str:
        return str(self.state.steps[path].phase) if path in self.state.steps else "absent"

    def phases(self) -> dict[str, str]:
        return {path: str(run.phase) for path, run in self.state.steps.items()}

    @property
    def status(self) -> str:
        return str(self.state.status)

    @property
    def running(self) -> list[str]:
        """Paths that runners have in hand, in order."""
        return sorted(path for path, _round in self.work)

    def events(self, *types: EventType) -> list[Event]:
        return [event for event in self.log if event.type in types]

    def logged(self) -> list[str]:
        """The log in short."""
        return [f"{event.type} {event.path}".strip() for event in self.log]

    # What the shell does after a transition.

    def _store(self, done: Transition) -> None:
        json.dumps([event.data for event in done.events])
        for run in done.changed:
            self.rows[run.path, run.round] = json.loads(json.dumps(step_to_json(run)))
            self.open_rows[run.path, run.round] = None
        for key in done.closed:
            self.open_rows.pop(key, None)
        for path, round, usage in done.late:
            used = usage_from_json(self.rows[path, round]["usage"])
            used.add(usage)
            self.rows[path, round]["usage"] = usage_to_json(used)
        self.log.extend(done.events)
        self.at.extend(done.at for _ in done.events)
        self._finish(done)
        self.effects.extend(done.effects)
        for effect in done.effects:
            self._do(effect)

    def _finish(self, done: Transition) -> None:
        ends = {
            EventType.STEP_SUCCEEDED,
            EventType.STEP_FAILED,
            EventType.STEP_RETRYING,
            EventType.STEP_ASKED,
            EventType.STEP_ANSWERED,
        }
        for event in done.events:
            if event.type in ends and not event.data.get("stopped"):
                key = event.path, event.data["round"]
                self.work.pop(key, None)
                self.requests.pop(key, None)
                self.children.pop(key, None)

    def _do(self, effect: Effect) -> None:
        match effect:
            case RunStep():
                self.work[effect.path, effect.round] = effect
            case OpenRequest():
                self.requests[effect.path, effect.round] = effect
            case StartChild():
                self.children[effect.path, effect.round] = effect
            case CancelStep():
                self.work.pop((effect.path, effect.round), None)
                self.children.pop((effect.path, effect.round), None)
            case WithdrawRequest():
                self.requests.pop((effect.path, effect.round), None)
            case TellParent():
                self.told_parent += 1
