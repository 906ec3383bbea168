"""A world that loses the run's owner again and again: what was decided and not written, and all that was in hand."""

import json
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from executions.engine import (
    Clock,
    Rejection,
    Transition,
    advance,
    next_due,
    pending_effects,
    state_from_json,
    state_to_json,
)
from executions.engine.commands import Command, Due
from executions.engine.effects import CancelStep, Effect, OpenRequest, RunStep, StartChild, WithdrawRequest
from tests.unit.engine.world import World

type Address = tuple[str, str, int, int, int, str]
WITHDRAWALS = (CancelStep, WithdrawRequest)


def address_of(effect: Effect) -> Address:
    """By what an effect is known, so that doing it again can be told from doing another."""
    where = (getattr(effect, "path", ""), getattr(effect, "round", 0), getattr(effect, "attempt", 0))
    return (type(effect).__name__, *where, getattr(effect, "asked", 0), getattr(effect, "question", ""))


def in_hand(world: World) -> dict[Address, Effect]:
    """Everything that somebody is at, or is asked, for this run."""
    tables: tuple[dict[Any, Any], ...] = (world.work, world.requests, world.children)
    return {address_of(one): one for table in tables for one in table.values()}


@dataclass
class Shaken(World):
    """Each transition may be followed by a loss, and each command may be lost once with the owner that decided it."""

    dice: Random = field(default_factory=lambda: Random(0))
    chance: float = 1.0
    stored: str = ""
    again: Counter[Address] = field(default_factory=Counter)
    """How often each effect was asked for by a new owner."""

    def offer(self, command: Command, random: float = 0.5) -> Transition | Rejection:
        if self.stored and self.dice.random() < self.chance / 2:
            advance(self.plan, self.state, command, Clock(self.now, random))
            self.load()
        answer = super().offer(command, random)
        if isinstance(answer, Transition):
            left_over = bool(self.state.index and self.state.index.deferred)
            if not left_over and self.dice.random() < self.chance:
                before = self.state
                self.load()
                assert self.state == before
                self._look_at_the_time()
        return answer

    def _store(self, done: Transition) -> None:
        super()._store(done)
        self.stored = json.dumps(state_to_json(self.state) | {"steps": []})

    def load(self) -> None:
        """A new owner: the stored run, and of what was in hand only what its state asks for again."""
        data = json.loads(self.stored)
        data["steps"] = [self.rows[key] for key in sorted(self.open_rows, key=lambda key: (len(key[0]), key))]
        self.state = state_from_json(data)
        self._take_up()

    def _take_up(self) -> None:
        lost = in_hand(self)
        for table in (self.work, self.requests, self.children):
            table.clear()  # type: ignore[attr-defined]
        for effect in pending_effects(self.plan, self.state):
            self.again[address_of(effect)] += 1
            if isinstance(effect, RunStep | OpenRequest | StartChild):
                self._do(effect)
            elif isinstance(effect, WITHDRAWALS):
                assert not _is_in_hand(lost, effect), f"{effect} would stop what goes on"
        assert in_hand(self) == lost

    def _look_at_the_time(self) -> None:
        """A new owner begins with a look at the timers, which changes nothing when none is due."""
        due = next_due(self.state)
        if due is None or due > self.now:
            answer = advance(self.plan, self.state, Due(), Clock(self.now))
            assert isinstance(answer, Rejection) or not (answer.events or answer.effects), answer


def _is_in_hand(lost: dict[Address, Effect], effect: CancelStep | WithdrawRequest) -> bool:
    return any((path, round) == (effect.path, effect.round) for _kind, path, round, *_ in lost)
