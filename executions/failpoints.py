"""Places between two commits. Nothing happens there, unless a test has the process die at one of them.

`FAILPOINT=run.written:3` kills the process, as kill -9 does, when it comes to that place for the third time.

| place | what was committed last | what has not happened yet |
| --- | --- | --- |
| run.queued | a run (by whoever starts it) | its message |
| inbox.posted | a command for a run | its nudge |
| sweep.found | (what the sweep looks for) | the messages for it |
| run.claimed | the claim of a run | anything |
| run.tidied | what the last owner had left to do | the first transition |
| run.written | a transition | its effects |
| run.releasing | the last transition | the run let go |
| run.disowned | a run given up with work left | the message for others |
| call.begun | that a call begins | the call |
| call.made | that a call begins, and it was made | its answer recorded |
| call.finished | the answer of a call | whatever uses it |
| request.opened, request.withdrawn | a question to people | the next effect |
| child.started, child.cancelled | a run for a step, or its cancellation | the next effect |
| parent.told | the command for the parent | the child let go |
| park.counted, park.ended, park.told | each part of ending a run that cannot go on | the next part |
"""

import os
import signal
from collections.abc import Callable


def _dying_at(text: str) -> Callable[[str], None]:
    name, _, count = text.partition(":")
    passages = 0

    def passing(place: str) -> None:
        nonlocal passages
        passages += place == name
        if place == name and passages == int(count or 1):
            os.write(2, f"failpoint {name}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    return passing


def _going_on(place: str) -> None:
    """Pass."""


passing = _dying_at(os.environ["FAILPOINT"]) if os.environ.get("FAILPOINT") else _going_on
"""Come to a place."""
