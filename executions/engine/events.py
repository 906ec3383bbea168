"""Facts. One flat shape for all of them keeps the log, the store and the pages simple; the kinds are closed.

What `data` holds, by kind:

| kind | path | data |
| --- | --- | --- |
| run.started | | inputs, context, fork: path or null, extra |
| run.waiting | | (everything active waits for people or time) |
| run.running | | (again something works) |
| run.paused, run.resumed | | |
| run.completed | | outputs |
| run.failed, run.timed_out | | error {code, message, step} |
| run.cancelled | | reason |
| run.revived | | paths |
| context.set | step | values |
| step.started | step | step_id, kind, scope, round, attempt, input, feedback, due_at (its timeout), state |
| step.waiting | step | round, due_at, state (what for) |
| step.asked | step | round, due_at, state (what a person is asked stands in its `asking`), usage, served_by, and for
  a failed step error, stopped |
| step.answered | step | round, attempt, answer {status, answer, comment, form, by}, due_at, state (it works again) |
| ask.withdrawn | step | round, question, state (nobody needs to answer; what becomes of the step follows) |
| step.retrying | step | round, attempt (the one that failed), error, due_at, state, usage, served_by, stopped |
| step.succeeded | step | round, output, port, usage, served_by |
| step.failed | step | round, error, port ("error" when caught by a port, else ""), usage, served_by |
| step.skipped | step | step_id, kind, scope, round |
| step.cancelled | step | round, reason |
| step.reopened | step | round, feedback (a revision begins; the step is pending again in a new round) |
| step.revived | step | round, state (a retry: pending again in the same round; a container goes on) |
| step.taken | step | step_id, kind, scope, round and the other fields of the step run that a fork takes over |
| iteration.started | each[3] | step_id, kind, scope, round, index, item |
| iteration.ended | each[3] | round, output, error or null, state (its inner steps leave the state; one that fails
  its loop ends with step.failed instead and keeps them) |
| usage.counted | step | round, usage (paid by work that was stopped or lost; the round may be over, and the run too) |
| sla.breached | step or '' | target_s, and for a step state |
| handoff.made | step | from, to, keys, reason |
| guardrail.breached | step or '' | limit, value, allowed |
| guardrail.raised | step or '' | scope, limit, more, by_now, granted (all that was allowed on top so far) |
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
    STEP_ASKED = "step.asked"
    STEP_ANSWERED = "step.answered"
    ASK_WITHDRAWN = "ask.withdrawn"
    STEP_RETRYING = "step.retrying"
    STEP_SUCCEEDED = "step.succeeded"
    STEP_FAILED = "step.failed"
    STEP_SKIPPED = "step.skipped"
    STEP_CANCELLED = "step.cancelled"
    STEP_REOPENED = "step.reopened"
    STEP_REVIVED = "step.revived"
    STEP_TAKEN = "step.taken"
    ITERATION_STARTED = "iteration.started"
    ITERATION_ENDED = "iteration.ended"
    USAGE_COUNTED = "usage.counted"
    SLA_BREACHED = "sla.breached"
    HANDOFF_MADE = "handoff.made"
    GUARDRAIL_BREACHED = "guardrail.breached"
    GUARDRAIL_RAISED = "guardrail.raised"
    CHILD_STARTED = "child.started"


@dataclass(frozen=True, slots=True)
class Event:
    """One fact of a run, not yet numbered. `data` is JSON."""

    type: EventType
    path: str = ""
    data: dict[str, Any] = field(default_factory=dict)
