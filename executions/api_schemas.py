"""What runs look like over HTTP."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from ninja import Field, Schema

from convergio.rest.bodies import Body
from executions.models import Execution, ExecutionStatus, RunFile


class Used(Schema):
    """What work consumed; cost in US dollars."""

    requests: int
    prompt_tokens: int
    completion_tokens: int
    tool_calls: int
    cost: float


class ExecutionOut(Used):
    """A run. `seq` is the number of its newest event; a trial of a draft has no version."""

    id: UUID
    workflow: str
    version: int | None
    number: int
    status: str
    inputs: dict[str, Any]
    outputs: dict[str, Any] | None
    error: dict[str, Any] | None
    trigger: str
    started_by: str | None = None
    parent_id: UUID | None
    forked_from_id: UUID | None
    seq: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @staticmethod
    def resolve_workflow(execution: Execution) -> str:
        return execution.workflow.slug

    @staticmethod
    def resolve_version(execution: Execution) -> int | None:
        return execution.version.number

    @staticmethod
    def resolve_started_by(execution: Execution) -> str | None:
        return execution.started_by.email if execution.started_by else None


class StepRunOut(Used):
    """One activation of a step, in one round."""

    path: str
    round: int
    step_id: str
    kind: str
    status: str
    attempt: int
    port: str
    input: Any
    output: Any
    error: dict[str, Any] | None
    feedback: Any
    served_by: str
    due_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None


class CallOut(Schema):
    """One model or tool call of a step."""

    id: UUID
    path: str
    round: int
    kind: str
    actor: str
    name: str
    served_by: str
    status: str
    request: dict[str, Any]
    response: Any
    error: Any
    prompt_tokens: int
    completion_tokens: int
    cost: float
    started_at: datetime
    ended_at: datetime | None


class FileOut(Schema):
    """A file; in inputs it is written {"file": file, "name": name}."""

    file: str = ""
    name: str
    size: int
    content_type: str
    digest: str
    written_by: str
    created_at: datetime

    @staticmethod
    def resolve_file(run_file: RunFile) -> str:
        return str(run_file.pk)


class Outputs(Schema):
    """What came out of a run."""

    status: str
    outputs: dict[str, Any] | None
    error: dict[str, Any] | None
    files: list[FileOut]


class Verification(Schema):
    """Whether a log is whole, and where it is broken first."""

    is_whole: bool
    events: int
    broken_at: int | None
    sentence: str


class Emitted(Schema):
    """How many runs were told of an event."""

    runs: int


class StartIn(Body):
    """Which workflow, with which inputs; the published version unless another is named."""

    workflow: str
    inputs: dict[str, Any] = {}
    version: int | None = Field(None, ge=1, le=2**31 - 1)


class CancelIn(Body):
    """Why."""

    reason: str = ""


class ForkIn(Body):
    """From which step, with what changed in its input or in the inputs of the run."""

    path: str
    edited: dict[str, Any] | None = None
    inputs: dict[str, Any] | None = None


class EventIn(Body):
    """A named event."""

    name: str
    payload: Any = None


class EventFilters(Schema):
    """Which part of a log."""

    after: int = Field(0, ge=0, le=2**62)
    limit: int = Field(200, ge=1, le=1000)


class StreamFilters(Schema):
    """Where a stream begins; the header Last-Event-ID wins."""

    after: int = Field(0, ge=0, le=2**62)


class ExecutionFilters(Schema):
    """Narrow the list of runs. `search` looks into workflow names and, with #, run numbers."""

    workflow: str = ""
    status: ExecutionStatus | None = None
    trigger: str = ""
    search: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def narrow(self, rows: QuerySet[Execution]) -> QuerySet[Execution]:
        """Return the rows that fit."""
        wanted = {
            "workflow__slug": self.workflow,
            "status": self.status,
            "trigger": self.trigger,
            "created_at__gte": self.since,
            "created_at__lt": self.until,
        }
        rows = rows.filter(**{name: value for name, value in wanted.items() if value})
        for word in self.search.split()[:10]:
            rows = rows.filter(self._matches(word))
        return rows

    @staticmethod
    def _matches(word: str) -> Q:
        number = word.removeprefix("#")
        named = Q(workflow__name__icontains=word) | Q(workflow__slug__icontains=word)
        is_number = number.isascii() and number.isdigit() and len(number) < 9
        return named | Q(number=int(number)) if is_number else named
