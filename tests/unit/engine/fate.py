"""What happens to a run in a pretended world: drawn by a seed, in any order that is possible."""

from datetime import timedelta
from random import Random

from executions.engine import Usage, next_due
from executions.engine.commands import (
    Answered,
    Asked,
    Cancel,
    ChildEnded,
    Command,
    Decided,
    Due,
    Failed,
    Pause,
    Received,
    Resume,
    RetryFailed,
    Submitted,
    Succeeded,
    Used,
)
from executions.engine.effects import OpenRequest
from executions.engine.state import ENDED_RUNS, RunStatus
from tests.unit.engine.world import World
from tests.unit.workflows.strategies import EVENT

DECISIONS = ("approved", "approved", "rejected", "changes_requested", "changes_requested", "timed_out")

ANSWERS = (
    ("approved", ""),
    ("approved", "retry"),
    ("approved", "retry_edited"),
    ("approved", "skip"),
    ("rejected", "give_up"),
    ("timed_out", ""),
)


class Fate:
    """Draws what happens next. Kind fate only lets things end well."""

    def __init__(self, seed: int, *, kind: bool = False, orders: bool = True) -> None:
        self.random, self.kind, self.orders = Random(seed), kind, orders

    def next(self, world: World) -> tuple[Command, float] | None:
        """The next command and how much time passes before it; None when nothing can happen."""
        moves = [*self._results(world), *self._answers(world)]
        if world.rows and not self.kind and self.random.random() < 0.05:
            path, round = self.random.choice(sorted(world.rows))
            return Used(path, round, Usage(1, 10, 5, 0, 0.01)), 0.0
        if not (self.kind and moves):
            moves += self._times(world)
        if self.orders and not self.kind and self.random.random() < 0.06:
            orders: list[Command] = [Cancel("no"), Pause(), Resume(), Resume(), RetryFailed()]
            return self.random.choice(orders), 0.0
        if world.state.status is RunStatus.PAUSED and not (moves and self.random.random() < 0.5):
            return Resume(), 0.0
        return self.random.choice(moves) if moves else None

    def _results(self, world: World) -> list[tuple[Command, float]]:
        moves: list[tuple[Command, float]] = []
        for job in sorted(world.work.values(), key=lambda one: (one.path, one.round)):
            where = (job.path, job.round, job.attempt)
            usage = Usage(1, 10, 5, 0, 0.01)
            moves += [(Succeeded(*where, {"text": job.path}, usage), 0.1)] * 3
            if not self.kind:
                moves.append((Failed(*where, "broken", "It broke.", self.random.random() < 0.7, usage), 0.1))
            if not self.kind and self.random.random() < 0.2:
                question, kind = self.random.choice([("send", "tool"), ("who", "question")])
                moves.append((Asked(*where, question, kind, {"title": "May I?"}, usage), 0.1))
        return moves

    def _answer(self, request: OpenRequest) -> Command:
        """Also what was asked in the middle of a step gets an answer."""
        where = (request.path, request.round, request.question)
        said = ("approved", "retry") if self.kind else self.random.choice(ANSWERS)
        form = {"more": 1_000, "input": {"prompt": "Again."}, "value": "made up"}
        return Answered(*where, *said, "hm", form, ("Dan",))

    def _answers(self, world: World) -> list[tuple[Command, float]]:
        moves: list[tuple[Command, float]] = []
        for path, round in sorted(world.requests):
            if world.requests[path, round].question:
                moves.append((self._answer(world.requests[path, round]), 0.1))
            elif world.requests[path, round].kind == "approval":
                status = "approved" if self.kind else self.random.choice(DECISIONS)
                moves.append((Decided(path, round, status, "hm", None, ("Dan",)), 0.1))
            else:
                status = "submitted" if self.kind or self.random.random() < 0.8 else "timed_out"
                moves.append((Submitted(path, round, status, {"note": "x"}, "Cleo"), 0.1))
        for path, round in sorted(world.children):
            status = "completed" if self.kind else self.random.choice(["completed", "completed", "failed"])
            moves.append((ChildEnded(path, round, status, {"answer": 1}), 0.1))
        return moves

    def _times(self, world: World) -> list[tuple[Command, float]]:
        moves: list[tuple[Command, float]] = []
        if any(run.state.get("event") for run in world.state.steps.values() if run.phase == "waiting"):
            moves.append((Received(EVENT, {"n": 1}), 0.1))
        due = next_due(world.state)
        if due is not None:
            moves.append((Due(), max(0.0, (due - world.now).total_seconds())))
        return moves


def live(world: World, fate: Fate, most: int) -> None:
    """Let things happen until the run ends or nothing more can happen."""
    for _ in range(most):
        if world.state.status in ENDED_RUNS and (fate.kind or fate.random.random() < 0.7):
            return
        move = fate.next(world)
        if move is None:
            return
        command, seconds = move
        world.now += timedelta(seconds=seconds)
        world.offer(command)
