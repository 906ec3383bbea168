"""What the executions app and the agents app agree on: tasks in, results out, and the ports that a run lends.

Nothing here knows AutoGen, Django or Celery. `agents.runtime.autogen` fulfils it; tests may use in-memory ports.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from convergio.errors import ConvergioError


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said earlier in the run, by an agent or a person."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Guardrails that are left for this step: the smaller of the step's own and what remains of the run's.

    They hold for calls that are really made; what is answered from the journal was counted when it was made.
    """

    max_requests: int | None = None
    max_tokens: int | None = None
    max_tool_calls: int | None = None
    max_cost: float | None = None


@dataclass(frozen=True, slots=True)
class AgentTask:
    """An agent step with everything resolved. `agent` is a slug, or empty when a `capability` is to be matched."""

    agent: str
    prompt: str
    capability: str = ""
    tools: tuple[str, ...] | None = None
    model: str = ""
    max_tokens: int | None = None
    output_schema: dict[str, Any] | None = None
    conversation: tuple[Message, ...] = ()
    feedback: dict[str, Any] | None = None
    limits: Limits = Limits()
    ask_first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TeamTask:
    """A team step with everything resolved."""

    mode: str
    members: tuple[str, ...]
    prompt: str
    max_turns: int = 6
    stop_word: str = ""
    selector_prompt: str = ""
    max_tokens: int | None = None
    output_schema: dict[str, Any] | None = None
    feedback: dict[str, Any] | None = None
    limits: Limits = Limits()
    ask_first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolTask:
    """A tool step with everything resolved."""

    tool: str
    arguments: dict[str, Any]
    limits: Limits = Limits()
    ask_first: bool = False


@dataclass(slots=True)
class Spent:
    """What a step consumed so far, replayed calls included once; cost in US dollars."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    tool_calls: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """What a step's work gave. `served_by` is `provider/model` of the last model that really answered."""

    output: Any
    spent: Spent = field(default_factory=Spent)
    served_by: str = ""


class StepFailed(ConvergioError):
    """The step's work failed."""

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        retryable: bool = True,
        spent: Spent | None = None,
        served_by: str = "",
    ) -> None:
        super().__init__(sentence)
        self.reason = code
        self.retryable = retryable
        self.spent = spent or Spent()
        self.served_by = served_by


class StepStopped(ConvergioError):
    """The step's work was cancelled; nobody wants its result."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked. `key` names it: the same step asks the same again under the same key.

    `kind` is tool or question; `to` are assignees as definitions have them, none for the usual ones; `form` is a JSON
    Schema, where a form is to be filled.
    """

    kind: str
    key: str
    title: str
    description: str = ""
    data: Any = None
    form: dict[str, Any] | None = None
    to: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PersonsAnswer:
    """What a person answered (approved, rejected or submitted), or that nobody did in time (timed_out)."""

    status: str
    comment: str = ""
    form: dict[str, Any] | None = None
    by: tuple[str, ...] = ()

    @property
    def is_yes(self) -> bool:
        """Whether somebody agreed, or said what was asked."""
        return self.status in ("approved", "submitted")


class StepAsks(ConvergioError):
    """The step's work waits for a person's answer."""

    def __init__(self, question: Question, *, served_by: str = "") -> None:
        super().__init__(question.title)
        self.question = question
        self.served_by = served_by


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call that finished earlier: its response is used again and nothing is paid."""

    response: Any
    served_by: str
    prompt_tokens: int
    completion_tokens: int
    cost: float


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to make a call. The idempotency key stays the same whenever this very call is tried again.

    `started_before` says that an earlier try started and never reported: a tool that is not idempotent must not go on.
    """

    id: uuid.UUID
    idempotency_key: str
    started_before: bool = False


class Journal(Protocol):
    """Remembers every model and tool call of one step run and round.

    A call is known by kind, actor, digest of its request and how many like it the step made before (the ordinal), so
    parallel calls and a repeated step find their own answers.
    """

    async def begin(
        self, kind: str, actor: str, name: str, request: dict[str, Any], *, repeatable: bool = False
    ) -> Recorded | Ticket:
        """Return the recorded answer, or write that the call starts.

        `repeatable`: made again it does no harm and costs nothing, so it may be written later, with what comes of it.
        """

    async def finish(
        self,
        ticket: Ticket,
        response: Any,
        *,
        served_by: str = "",
        prompt_tokens: int = 0,
        completion_tokens: int = 0,
        cost: float = 0.0,
    ) -> None:
        """Write the answer, before anybody acts on it."""

    async def fail(self, ticket: Ticket, error: str) -> None:
        """Write that the call failed; the next try makes it again."""

    async def forget_models(self) -> None:
        """Let recorded model answers answer no more: they led to an output that cannot be used."""


class Files(Protocol):
    """The run's own files."""

    async def read(self, file: str) -> bytes:
        """Return a file's bytes by id or name. Raises NotFound."""

    async def write(self, name: str, content: bytes, content_type: str) -> dict[str, Any]:
        """Save (or replace) a file and return its reference {"file", "name", "size", "content_type"}."""

    async def list(self) -> list[dict[str, Any]]:
        """Return references of all files of the run."""


type Emit = Callable[[dict[str, Any]], Awaitable[None]]
"""Takes live news of the step: {"type": "delta", "agent", "text"} | {"type": "message", "agent", "text"} |
{"type": "tool_call", "agent", "call", "tool", "arguments"} | {"type": "tool_result", "call", "result", "error"} |
{"type": "model_call", "agent", "served_by", "prompt_tokens", "completion_tokens", "cost"} |
{"type": "turn", "agent", "number"}."""

type StartWorkflow = Callable[[str, Mapping[str, Any], str], Awaitable[str]]
"""Starts a published workflow (slug, inputs, idempotency key) and returns the id of its run."""


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a run lends to the work of one step. `watched` tells whether anybody looks, so whether to stream."""

    workspace_id: uuid.UUID
    execution_id: str
    path: str
    journal: Journal
    files: Files
    emit: Emit
    watched: Callable[[], bool]
    start_workflow: StartWorkflow
    title: str = ""
    answers: Mapping[str, PersonsAnswer] = field(default_factory=dict)
    """What people have answered to questions of this step, by their keys."""
