"""What holds for any step: retries, errors, joins, limits and service levels."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from workflows.schema.base import Assignee, Frozen, Json, Seconds, Slug


class Retry(Frozen):
    """Before attempt n+1 a run waits backoff_s * factor ** (n-1) seconds, at most max_s, ± jitter."""

    attempts: Annotated[int, Field(ge=1, le=20)] = 1
    backoff_s: Annotated[float, Field(ge=0, le=3600)] = 2.0
    factor: Annotated[float, Field(ge=1, le=10)] = 2.0
    max_s: Annotated[float, Field(gt=0, le=86400)] = 300.0
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.1


class OnErrorFail(Frozen):
    """The run fails."""

    action: Literal["fail"] = "fail"


class OnErrorContinue(Frozen):
    """The step counts as succeeded with `default` as its output."""

    action: Literal["continue"]
    default: Json = None


class OnErrorPort(Frozen):
    """The step ends on its `error` port; its output is {"error": {"code", "message"}}."""

    action: Literal["port"]


class OnErrorFallback(Frozen):
    """Another agent does the step (agent steps only); if that fails too, the run fails."""

    action: Literal["fallback"]
    agent: Slug


class OnErrorAsk(Frozen):
    """A person repairs it: retry, retry with another input, skip with a value, or give up.

    Nobody's answer within expires_s counts as giving up.
    """

    action: Literal["ask"]
    assignees: Annotated[tuple[Assignee, ...], Field(min_length=1)] = ("role:builder",)
    expires_s: Seconds = 86_400


OnError = Annotated[
    OnErrorFail | OnErrorContinue | OnErrorPort | OnErrorFallback | OnErrorAsk,
    Field(discriminator="action"),
]


class FirstJoin(Frozen):
    """Start at the n-th live incoming edge; for a parallel container: end when n branches have ended."""

    first: Annotated[int, Field(ge=1, le=100)]


def _kind(value: Any) -> str:
    return "<first>" if isinstance(value, Mapping | FirstJoin) else "<word>"


type Join = Annotated[
    Annotated[Literal["all", "any"], Tag("<word>")] | Annotated[FirstJoin, Tag("<first>")],
    Discriminator(_kind),
]


class Guardrails(Frozen):
    """Limits of a step or of a whole run; nothing set means no limit. Cost in US dollars.

    With on_breach "ask" a person may raise a limit once it is reached; a limit of time always stops.
    """

    max_requests: Annotated[int, Field(ge=0)] | None = None
    max_tokens: Annotated[int, Field(ge=0)] | None = None
    max_tool_calls: Annotated[int, Field(ge=0)] | None = None
    max_cost: Annotated[float, Field(ge=0)] | None = None
    max_wall_s: Seconds | None = None
    on_breach: Literal["stop", "ask"] = "stop"
    assignees: tuple[Assignee, ...] = Field(
        default=(), description="who is asked on a breach; nobody named: who started the run, and approvers"
    )


class Sla(Frozen):
    """The time a step or a run should take at most, in seconds; a breach is an event, not a failure.

    On a breach the people of `escalate_to` are asked too, wherever the step (or the run) waits for people just then,
    and a run of `start_workflow` is started with the facts.
    """

    target_s: Seconds
    escalate_to: Annotated[tuple[Assignee, ...], Field(max_length=100)] = ()
    start_workflow: Slug | None = None
