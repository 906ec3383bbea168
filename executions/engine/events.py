"""Facts. One flat shape for all of them keeps the log, the store and the pages simple; the kinds are closed.

What `data` holds, by kind:

| kind | path | data |
| --- | --- | --- |
| run.started | | inputs, context, fork: path or null |
| run.waiting | | (everything active waits for people or time) |
| run.running | | (again something works) |
| run.paused, run.resumed | | |
| run.completed | | outputs |
| run.failed, run.timed_out | | error {code, message, step} |
| run.cancelled | | reason |
| run.revived | | paths |
| context.set | step | values |
| step.started | step | step_id, kind, scope, round, attempt, input, feedback, due_at (its timeout), state |
| step.waiting | step | due_at, state (what for) |
| step.retrying | step | attempt, error, due_at, usage, served_by |
| step.succeeded | step | round, output, port, usage, served_by |
| step.failed | step | round, error, port ("error" when caught by a port, else ""), usage, served_by |
| step.skipped | step | step_id, kind, scope, round |
| step.cancelled | step | round, reason |
| step.reopened | step | round, feedback (a revision begins; the step is pending again in a new round) |
| iteration.started | each[3] | step_id, index, item |
| iteration.ended | each[3] | output, error or null (its inner steps leave the state) |
| sla.breached | step | target_s |
| handoff.made | step | from, to, keys, reason |
| guardrail.breached | step or '' | limit, value, allowed |
| child.started | step | execution |
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class EventType(StrEnum):
    """Every kind of fact there is."""

    RUN_STARTED = "run.started"
    RUN_WAITING = "run.waiting"
    RUN_RUNNING = "run.running"
    RUN_PAUSED = "run.paused"
    RUN_RESUMED = "run.resumed"
    RUN_COMPLETED = "run.completed"
    RUN_FAILED = "run.failed"
    RUN_TIMED_OUT = "run.timed_out"
    RUN_CANCELLED = "run.cancelled"
    RUN_REVIVED = "run.revived"
    CONTEXT_SET = "context.set"
    STEP_STARTED = "step.started"
    STEP_WAITING = "step.waiting"
    STEP_RETRYING = "step.retrying"
    STEP_SUCCEEDED = "step.succeeded"
    STEP_FAILED = "step.failed"
    STEP_SKIPPED = "step.skipped"
    STEP_CANCELLED = "step.cancelled"
    STEP_REOPENED = "step.reopened"
    ITERATION_STARTED = "iteration.started"
    ITERATION_ENDED = "iteration.ended"
    SLA_BREACHED = "sla.breached"
    HANDOFF_MADE = "handoff.made"
    GUARDRAIL_BREACHED = "guardrail.breached"
    CHILD_STARTED = "child.started"


@dataclass(frozen=True, slots=True)
class Event:
    """One fact of a run, not yet numbered. `data` is JSON."""

    type: EventType
    path: str = ""
    data: dict[str, Any] = field(default_factory=dict)
