"""Everything that is done to the house: one function a fault; each takes its turn in every draw."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.stack.chaos.house import WORKERS, House

type Fault = Callable[["Trouble"], None]

OFTEN = (
    "sweep.found", "run.claimed", "run.tidied", "run.written", "run.releasing", "call.begun", "call.made",
    "call.finished", "request.opened", "child.started", "parent.told",
)  # fmt: skip
"""Places that a worker comes to with ordinary runs."""
AT_ORDERS = ("request.withdrawn", "child.cancelled", "park.counted", "park.ended", "park.told")
"""Places that it comes to because a run is cancelled or cannot be read (see orders.py)."""
WHEN_STOPPED = "run.disowned"
"""And the one that it comes to because it is told to stop."""
OF_WEB = ("run.queued", "inbox.posted")
"""Places of the web process."""
FAILPOINTS = (*OFTEN, *AT_ORDERS, WHEN_STOPPED, *OF_WEB)


@dataclass
class Trouble:
    """What a fault may use. `lease_s` is how long a worker's runs stay its own when it says nothing.

    `tempo` is how long a lasting fault lasts, as a part of what is usual.
    """

    house: House
    rng: random.Random
    lease_s: float
    tempo: float = 1.0
    until: Callable[[Callable[[], bool], float], object] = lambda condition, seconds: None
    """Waits for a condition, at most so many seconds."""

    @property
    def a_worker(self) -> str:
        """One of the workers."""
        return self.rng.choice(WORKERS)

    @property
    def a_busy_worker(self) -> str:
        """One in the middle of a step, if there is one within some seconds."""
        names, found = self.rng.sample(WORKERS, len(WORKERS)), list[str]()

        def look() -> bool:
            found.extend(name for name in names if self.house.is_at_work(name))
            return bool(found)

        self.until(look, 5)
        return found[0] if found else names[0]


def worker_killed(trouble: Trouble) -> None:
    """A worker is killed in mid-step."""
    trouble.house.kill(trouble.a_busy_worker)
    trouble.house.revive()


def worker_dies_between_commits(trouble: Trouble) -> None:
    """A worker is replaced by one that will kill itself at a failpoint."""
    planned = f"{trouble.rng.choice(OFTEN)}:{trouble.rng.randint(1, 6)}"
    trouble.house.failpoints.insert(0, planned)
    worker_killed(trouble)


def worker_told_to_stop(trouble: Trouble) -> None:
    """A worker is asked to end and hands its runs over; if that is planned it dies while it does so."""
    house, name = trouble.house, trouble.a_busy_worker
    if house.arm(name, WHEN_STOPPED):
        trouble.until(lambda: house.has_runs(name), 20)
    house.dismiss(name)
    house.revive()


def worker_stopped_past_its_lease(trouble: Trouble) -> None:
    """A worker does nothing for longer than its lease lasts, and then goes on as if nothing had been."""
    trouble.house.freeze(trouble.a_busy_worker, trouble.lease_s + 2.5 * trouble.tempo)


def pool_thread_dies(trouble: Trouble) -> None:
    """A thread of a worker's pool meets an error that nobody expected."""
    trouble.house.controls[trouble.a_worker].end_pool_thread()


def loop_dies(trouble: Trouble) -> None:
    """So does the one thread in which a worker's runs live."""
    trouble.house.controls[trouble.a_worker].end_loop()


def valkey_empty(trouble: Trouble) -> None:
    """Valkey is killed and comes back with nothing."""
    trouble.house.services.lose_valkey()


def valkey_flushed(trouble: Trouble) -> None:
    """Valkey forgets everything, and every connection stays."""
    trouble.house.services.flush_valkey()


def valkey_frozen(trouble: Trouble) -> None:
    """Valkey accepts connections and does not answer."""
    trouble.house.services.freeze_valkey(trouble.rng.uniform(2, 4) * trouble.tempo)


def postgres_restarted(trouble: Trouble) -> None:
    """PostgreSQL is restarted at once, three times within seconds."""
    for _ in range(3):
        trouble.house.services.crash_postgres()
        time.sleep(trouble.rng.uniform(0.3, 1.5) * trouble.tempo)


def postgres_restarted_in_recovery(trouble: Trouble) -> None:
    """PostgreSQL is ended again while it still recovers."""
    trouble.house.services.crash_postgres(again_after_s=trouble.rng.uniform(0.02, 0.2))


def messages_twice(trouble: Trouble) -> None:
    """For some seconds every message is sent twice."""
    for control in trouble.house.controls.values():
        control.send_twice(True)
    time.sleep(3 * trouble.tempo)
    for control in trouble.house.controls.values():
        control.send_twice(False)


def clock_jumps(trouble: Trouble) -> None:
    """The clock of one worker is two hours ahead, and two hours behind, and right again."""
    control = trouble.house.controls[trouble.a_worker]
    for seconds in (7200.0, -7200.0, 0.0):
        control.jump(seconds)
        time.sleep(1.5 * trouble.tempo)


def web_killed(trouble: Trouble) -> None:
    """The web process is killed, with every page that is open."""
    trouble.house.kill("web")
    trouble.house.revive()


def scheduler_killed(trouble: Trouble) -> None:
    """The scheduler is killed."""
    trouble.house.kill("beat")
    time.sleep(trouble.tempo)
    trouble.house.revive()


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        worker_killed,
        worker_dies_between_commits,
        worker_told_to_stop,
        worker_stopped_past_its_lease,
        pool_thread_dies,
        loop_dies,
        valkey_empty,
        valkey_flushed,
        valkey_frozen,
        postgres_restarted,
        postgres_restarted_in_recovery,
        messages_twice,
        clock_jumps,
        web_killed,
        scheduler_killed,
    )
}
"""By name, as the tally counts them."""


def places(rng: random.Random, turns: int) -> list[str]:
    """Every failpoint so many times: all in an order of chance, then all again, the common ones at a later passage."""
    planned: list[str] = []
    for turn in range(turns):
        rare = [f"{place}:1" for place in (*AT_ORDERS, WHEN_STOPPED)]
        often = [f"{place}:{turn + 1}" for place in OFTEN + OF_WEB]
        planned += rng.sample(rare + often, len(rare + often))
    return planned


def draw(rng: random.Random) -> Iterator[str]:
    """Names of faults without end: all of them in an order of chance, then all of them again."""
    while True:
        yield from rng.sample(sorted(FAULTS), len(FAULTS))
