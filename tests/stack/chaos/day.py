"""One seed's day: learn what each shape gives without faults, attack, let everything come to its end, and look."""

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections

from tests.stack.chaos.checker import check
from tests.stack.chaos.driver import Driver
from tests.stack.chaos.evidence import Asked, End, Evidence, Start, load, prompt_of
from tests.stack.chaos.faults import FAULTS, Trouble, draw, places
from tests.stack.chaos.house import House
from tests.stack.chaos.office import Office
from tests.stack.chaos.orders import Orders
from tests.stack.chaos.pages import Audience
from tests.stack.chaos.recorder import Recorder
from tests.stack.chaos.scenes import Stage
from tests.stack.chaos.shapes import UNKNOWN, Shape
from tests.stack.chaos.tally import Tally
from tests.stack.chaos.watch import Watch
from tests.stack.model_server import ModelServer, Request, Say

SIX = ("chain", "fan", "condition", "loop", "approval", "tool")


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how wild a day is. Times in seconds."""

    seed: int
    runs: int
    variants: int = 3
    most_open: int = 100
    pages: int = 200
    slow_pages: int = 10
    followers: int = 20
    pause_s: tuple[float, float] = (0.5, 3.0)
    """Between two faults."""
    patience: float = 0.7
    """How often a fault waits until what the one before it ended is up again."""
    attack_s: float = 480.0
    """When faults end, even if runs are left; every fault has its turn before."""
    tempo: float = 1.0
    """How long lasting faults and the pauses of scenes and orders are, as a part of what is usual."""
    burst: int = 100
    """How many more runs are planned before each fault."""
    scenes: int = 10
    drain_s: float = 150.0
    failpoints: int = 3
    """How often each failpoint is planned."""
    most_failpoints: int = 1000
    """How many of those are taken, by chance."""


@dataclass
class Day:
    """Everything that one seed needs."""

    plan: Plan
    house: House
    office: Office
    driver: Driver
    stage: Stage
    audience: Audience
    models: ModelServer
    recorder: Recorder
    rng: random.Random
    orders: Orders
    began: float = field(default_factory=time.monotonic)
    watch: Watch = field(default_factory=Watch)
    faults: Counter[str] = field(default_factory=Counter)
    asked: list[Asked] = field(default_factory=list)
    references: dict[tuple[str, int], Any] = field(default_factory=dict)
    held_back: list[tuple[str, int]] = field(default_factory=list)
    """Shape and number of runs that are to be planned later."""

    def live(self) -> Tally:
        """Have the day, from morning to evening."""
        self.models.answer_with(self._answer)
        self.house.on_death = lambda name: self.watch.killed(self.house.pid(name))
        self.house.start()
        self._say("the house is up")
        self.driver.begin()
        self.audience.begin()
        self.watch.begin(self.driver.stopping)
        self.learn()
        self._say("every shape was run without faults")
        self.attack()
        self._say(f"{sum(self.faults.values())} faults were made")
        self.calm_down()
        self._say("all is calm")
        return self.judge(time.monotonic() - self.began)

    def _say(self, what: str) -> None:
        """Tell whoever waits where we are."""
        sys.stderr.write(
            f"{time.monotonic() - self.began:6.1f} s  {what}, {self.driver.open} runs are open\n"
        )

    def learn(self) -> None:
        """Run every shape and number once without any fault; what comes out is what must always come out."""
        self.driver.planned = [(shape, n) for shape in SIX for n in range(self.plan.variants)]
        if not self._until(lambda: self.driver.is_done, 90):
            raise AssertionError(f"runs without faults do not end:\n{self.house.rig.logs()}")
        found = {run.key: run for run in load(Evidence()).runs if run.parent is None}
        for start in self.driver.starts:
            run = found[start.key]
            assert run.status == "completed", f"{run} failed without any fault:\n{self.house.rig.logs()}"
            self.references[start.shape, start.number] = run.outputs

    def attack(self) -> None:
        """Start the runs, and do everything to the house that there is until all of them have ended."""
        kinds = [(SIX[at % len(SIX)], at // len(SIX) % self.plan.variants) for at in range(self.plan.runs)]
        self._open_audience()
        self.held_back = self.rng.sample(kinds, len(kinds))
        self.house.failpoints += places(self.rng, self.plan.failpoints)[: self.plan.most_failpoints]
        self._play_scenes()
        self.orders.begin()
        trouble = Trouble(self.house, self.rng, settings.RUN_LEASE_S, self.plan.tempo, self._until)
        names = draw(self.rng)
        end = time.monotonic() + self.plan.attack_s
        self._wait(1)  # orders and runs are under way
        while len(self.faults) < len(FAULTS) or (time.monotonic() < end and not self._is_done()):
            self._release()
            name = next(names)
            self.faults[name] += 1
            self._say(name)
            FAULTS[name](trouble)
            self._wait(self.rng.uniform(*self.plan.pause_s))
            if self.rng.random() < self.plan.patience:
                self._until(self.house.is_up, 60)

    def _release(self) -> None:
        """Have the next runs started, so that every fault finds some at work."""
        self.driver.planned += self.held_back[: self.plan.burst]
        del self.held_back[: self.plan.burst]
        self._until(lambda: self.driver.open > 0, 5)
        self._wait(self.rng.uniform(0, 0.5))

    def calm_down(self) -> None:
        """No more faults: whatever was begun must now come to its end."""
        self.driver.planned += self.held_back
        self.house.calm()
        self.orders.stop()
        self.scenes.join(200)
        self._until(lambda: self.driver.is_done and self.audience.are_back, self.plan.drain_s)
        self._wait(2.5)
        self._until(lambda: self.audience.are_back and not self.house.holds_ended_runs(), 30)
        self.driver.stop()

    def judge(self, seconds: float) -> Tally:
        """Gather the evidence and look for violations."""
        for start in self.driver.starts:
            self._expect(start)
        evidence = Evidence(
            starts=self.driver.starts,
            effects=self.recorder.effects,
            asked=self.asked,
            answered=self.stage.answered,
            pages=[(page.topic, page.joined) for page in self.audience.pages if page.reads],
            followed=[(one.run, tuple(one.seqs), one.ended) for one in self.audience.followed],
            edges={slug: _edges(shape) for slug, shape in self.office.shapes.items()},
        )
        violations = check(load(evidence))
        died_at, troubles = Counter(self.house.died_at()), self.driver.troubles
        return Tally(
            self.plan.seed, evidence, violations, self.faults, died_at, self.watch, seconds, troubles
        )

    def _expect(self, start: Start) -> None:
        """Say how a run may end, unless its scene has said it, and what it must have done."""
        if (start.shape, start.number) not in self.references or start.ends:
            return
        outputs = self.references[start.shape, start.number]
        start.ends = (End("completed", outputs),)
        start.notes = tuple(self.office.shapes[start.shape].notes(start.number))
        if start.shape == "tool":
            start.ends += (End("completed", {"sent": None, "cut_off": UNKNOWN}),)
            start.at_most_once = frozenset(note for note in start.notes if note.startswith("once"))

    def _answer(self, request: Request) -> Say:
        """Answer without the run's key, after a while, and differently dear each time."""
        prompt = prompt_of(request)
        self.asked.append(Asked(prompt, time.time()))
        words = prompt.partition("] ")[2]
        delay = random.choice((0.05, 0.1, 0.2, 0.4, 1.2))
        return Say(f"said: {words}", delay_s=delay, prompt_tokens=random.randint(5, 500))

    def _open_audience(self) -> None:
        told = [run for start in self.driver.starts for run in start.told]
        workspace = f"workspace.{self.office.cast.workspace.id}"
        topics = [
            f"execution.{told[at % len(told)]}" if at % 2 else workspace for at in range(self.plan.pages)
        ]
        self.audience.open_pages(topics, self.plan.slow_pages)

    def _follow_new(self) -> None:
        """Follow the newest run, if there is room for another follower."""
        told = [run for start in self.driver.starts[-1:] for run in start.told]
        known = {one.run for one in self.audience.followed}
        if told and len(known) < self.plan.followers and told[0] not in known:
            self.audience.follow(told[0])

    def _play_scenes(self) -> None:
        given = (self.plan.scenes, random.Random(self.plan.seed), self.driver.stopping)
        self.scenes = threading.Thread(target=self.stage.play, args=given, daemon=True)
        self.scenes.start()

    def _is_done(self) -> bool:
        try:
            return not self.held_back and self.stage.played >= self.plan.scenes and self.driver.is_done
        except DatabaseError:
            return False

    def _wait(self, seconds: float) -> None:
        """Let time pass, with open eyes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            connections.close_all()  # the one we had may have been ended by a fault
            self.house.revive()
            self._follow_new()
            time.sleep(0.1)

    def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait for a condition at most so long; whether it came."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._wait(0.2)
            try:
                if condition():
                    return True
            except DatabaseError:
                pass
        return False


def _edges(shape: Shape) -> list[tuple[str, str, str]]:
    return [(edge["source"], edge["port"], edge["target"]) for edge in shape.definition["edges"]]
