"""What is looked at in a transition, one thing after the other, so that long chains need no deep calls."""

from collections.abc import Callable

from executions.engine.scopes import refill, review, sweep
from executions.engine.starting import consider, release, restart
from executions.engine.turn import Turn

QUESTIONS: dict[str, Callable[..., None]] = {
    "sweep": sweep,
    "consider": consider,
    "release": release,
    "review": review,
    "refill": refill,
    "restart": restart,
}


def work(turn: Turn) -> None:
    """Look at everything on the agenda until nothing is left; an ended run has nothing left."""
    while turn.agenda and turn.is_open:
        question, about = turn.agenda.popleft()
        QUESTIONS[question](turn, *about)
    turn.agenda.clear()
