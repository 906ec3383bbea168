"""A person decides. What a decision leads to:

| decision | goes on | with no edge there |
| --- | --- | --- |
| approved | port approved | the branch ends well |
| rejected | port rejected | fails: rejected |
| changes_requested | a new round from `revise` on; without `revise`, or past the limit, as rejected | fails |
| timed_out | port timeout | fails: approval_expired |
"""

from typing import Any

from executions.engine.commands import Decided
from executions.engine.state import StepRun
from executions.engine.steps import requests
from executions.engine.steps.kind import Broken, Done, Kind, Outcome, Revise, text
from executions.engine.turn import Turn
from workflows.expressions import Scope, resolve
from workflows.schema import ApprovalStep


def prepare(step: ApprovalStep, scope: Scope) -> dict[str, Any]:
    """The request as people will see it."""
    config = step.config
    given = config.model_dump(mode="json")
    return given | {
        "title": text(config.title, scope),
        "description": text(config.description, scope),
        "data": resolve(config.data, scope),
        "feedback": None,
    }


def answer(turn: Turn, run: StepRun, command: Decided) -> Outcome:
    """What a settled request leads to."""
    return _ANSWERS[command.status](turn, run, command)


def _approved(turn: Turn, run: StepRun, command: Decided) -> Outcome:
    return Done(_output(command), "approved")


def _rejected(turn: Turn, run: StepRun, command: Decided) -> Outcome:
    return requests.on_port(turn, run, _output(command), "rejected", _refusal(run, command, "rejected"))


def _timed_out(turn: Turn, run: StepRun, command: Decided) -> Outcome:
    sentence = f"Nobody decided “{_title(run)}” in time."
    return requests.on_port(turn, run, _output(command), "timeout", Broken("approval_expired", sentence))


def _changes_requested(turn: Turn, run: StepRun, command: Decided) -> Outcome:
    step = turn.step_as(run, ApprovalStep)
    if step.config.revise is None:
        refusal = _refusal(run, command, "sent back")
        return requests.on_port(turn, run, _output(command), "rejected", refusal)
    if run.state.get("revisions", 0) >= step.config.max_revisions:
        sentence = f"“{_title(run)}” was sent back more than {step.config.max_revisions} times."
        return requests.on_port(turn, run, _output(command), "rejected", Broken("revision_limit", sentence))
    feedback = {"comment": command.comment, "form": command.form, "by": list(command.decided_by)}
    return Revise(step.config.revise, run.path, feedback)


def _output(command: Decided) -> dict[str, Any]:
    return {
        "decision": command.status,
        "comment": command.comment,
        "form": command.form,
        "decided_by": list(command.decided_by),
    }


def _refusal(run: StepRun, command: Decided, verb: str) -> Broken:
    by = f" by {', '.join(command.decided_by)}" if command.decided_by else ""
    why = f": {command.comment}" if command.comment else "."
    return Broken("rejected", f"“{_title(run)}” was {verb}{by}{why}")


def _title(run: StepRun) -> str:
    return str(run.input["title"])


_ANSWERS = {
    "approved": _approved,
    "rejected": _rejected,
    "changes_requested": _changes_requested,
    "timed_out": _timed_out,
}
STATUSES = frozenset(_ANSWERS)

KIND = Kind(prepare, requests.begin, requests.effect, requests.withdraw)
