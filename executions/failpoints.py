"""Places between two commits. Nothing happens there, unless a test has the process die at one of them.

`FAILPOINT=written:3` kills the process, as kill -9 does, when it comes to that place for the third time.

| place | what was committed last | what has not happened yet |
| --- | --- | --- |
| started | a queued run (web) | its message |
| posted | a command in an inbox | its nudge |
| claimed | the claim of a run | anything |
| written | a transition | its effects |
| call_begun | that a call begins | the call |
| call_made | that a call begins | the record of its answer |
| call_recorded | the answer of a call | whatever uses it |
| request_opened | a question to people | its effect counts as done |
| child_started | the run of a workflow step | its effect counts as done |
| parent_told | the command for the parent | its effect counts as done |
| parked | the end of a run that cannot go on | its requests and children withdrawn |
| expired | one request timed out | the next one |
| disowned | a run given up | the message for others |
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
