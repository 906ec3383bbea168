"""What the world tells a run: the start, the results of its steps, the answers of people, timers and orders."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from executions.engine.state import Usage


@dataclass(frozen=True, slots=True)
class Start:
    """Begin, with checked inputs.

    A trial may say more: steps in `pinned` do not work but have the output and port given for them, of all steps only
    those in `only` run and the others are skipped, and `edited` holds by path what is merged over a resolved input.
    """

    inputs: dict[str, Any]
    context: dict[str, Any] = field(default_factory=dict)
    pinned: dict[str, dict[str, Any]] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    edited: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Succeeded:
    """A step's work ended well. Refused when that attempt is not the active one."""

    path: str
    round: int
    attempt: int
    output: Any
    usage: Usage = field(default_factory=Usage)
    served_by: str = ""
    port: str = "done"


@dataclass(frozen=True, slots=True)
class Failed:
    """A step's work ended badly. `retryable` False skips the retries."""

    path: str
    round: int
    attempt: int
    code: str
    message: str
    retryable: bool = True
    usage: Usage = field(default_factory=Usage)
    served_by: str = ""


@dataclass(frozen=True, slots=True)
class Used:
    """Work was paid that no result tells of: its step was stopped, or its worker was lost. Counts in any round of a
    step run that ever was, also when the run has ended.
    """

    path: str
    round: int
    usage: Usage


@dataclass(frozen=True, slots=True)
class Asked:
    """A step's work cannot go on without a person. Refused when that attempt is not the active one.

    `about` is tool or question. `question` names what is asked; the answer to it is found under this name when the same
    attempt goes on. `request` is what people see: title, description, data, form, answers, assignees, facts, expires_s.
    """

    path: str
    round: int
    attempt: int
    question: str
    about: str
    request: dict[str, Any]
    usage: Usage = field(default_factory=Usage)
    served_by: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a step asked was answered (status approved, rejected or submitted), or nobody did (timed_out).

    `question` is the name that the request had; `answer` the button that was pressed, where it had its own.
    """

    path: str
    round: int
    question: str
    status: str
    answer: str = ""
    comment: str = ""
    form: dict[str, Any] | None = None
    by: tuple[str, ...] = ()

    @property
    def is_yes(self) -> bool:
        """Whether somebody agreed."""
        return self.status in ("approved", "submitted")


@dataclass(frozen=True, slots=True)
class Due:
    """Time has come to look at timers (retries, waits, step and run timeouts): everything due at `now` happens."""


@dataclass(frozen=True, slots=True)
class Decided:
    """An approval was settled. status: approved, rejected, changes_requested or timed_out.

    `answer` is the button that settled it; `data` what was under review where an approver changed it.
    """

    path: str
    round: int
    status: str
    comment: str = ""
    form: dict[str, Any] | None = None
    decided_by: tuple[str, ...] = ()
    answer: str = ""
    data: Any = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """A form was filled (status submitted) or expired (status timed_out)."""

    path: str
    round: int
    status: str
    values: dict[str, Any] = field(default_factory=dict)
    submitted_by: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A named event arrived from outside; every step waiting for it goes on."""

    event: str
    payload: Any = None


@dataclass(frozen=True, slots=True)
class ChildEnded:
    """A sub-workflow's run ended."""

    path: str
    round: int
    status: str
    outputs: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop for good."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """Start nothing new; what runs may end."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on after a pause."""


@dataclass(frozen=True, slots=True)
class RetryFailed:
    """Revive exactly the failed and cancelled steps of a failed, cancelled or timed out run."""


@dataclass(frozen=True, slots=True)
class Fork:
    """Begin as a copy of another run up to `path`: `taken` holds the other run's ended steps before it.

    `taken` are step runs as plain dicts (as the store reads them); `path` runs anew, with `edited` merged over the
    resolved input that the engine would give it.
    """

    inputs: dict[str, Any]
    path: str
    taken: tuple[dict[str, Any], ...] = ()
    edited: dict[str, Any] | None = None
    context: dict[str, Any] = field(default_factory=dict)


type Command = (
    Start
    | Succeeded
    | Failed
    | Used
    | Asked
    | Answered
    | Due
    | Decided
    | Submitted
    | Received
    | ChildEnded
    | Cancel
    | Pause
    | Resume
    | RetryFailed
    | Fork
)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refused command: a kind (`stale`, `ended`, `not_waiting`, `not_allowed`) and a sentence."""

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Clock:
    """What the core may know of the world: the time, and a number in [0, 1) for jitter."""

    now: datetime
    random: float = 0.5
