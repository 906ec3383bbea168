"""A person decides. What a decision leads to:

| decision | goes on | with no edge there |
| --- | --- | --- |
| approved | port approved | the branch ends well |
| rejected | port rejected | fails: rejected |
| changes_requested | a new round from `revise` on; without `revise`, or past the limit, as rejected | fails |
| timed_out | port timeout | fails: approval_expired |

With answers of its own the port is the answer's, and what it counts as says what happens with no edge there. Where a
request is sent back too often, the first answer that counts as rejection is its port.
"""

from typing import Any

from executions.engine.commands import Decided
from executions.engine.state import StepRun
from executions.engine.steps import people, requests
from executions.engine.steps.kind import Broken, Done, Kind, Outcome, Revise
from executions.engine.turn import Turn
from workflows.expressions import Scope, resolve
from workflows.schema import ApprovalStep


def prepare(step: ApprovalStep, scope: Scope) -> dict[str, Any]:
    """The request as people will see it. Raises InvalidInput."""
    config = step.config
    return people.request(config, scope) | {
        "data": resolve(config.data, scope),
        "form": people.form(config.form, scope),
        "approvers": people.tokens(config.approvers, scope),
    }


def answer(turn: Turn, run: StepRun, command: Decided) -> Outcome:
    """What a settled request leads to."""
    return _ANSWERS[command.status](turn, run, command)


def _approved(turn: Turn, run: StepRun, command: Decided) -> Outcome:
    return Done(_output(run, command), _port(turn, run, command, "approve"))


def _rejected(turn: Turn, run: StepRun, command: Decided) -> Outcome:
    port = _port(turn, run, command, "reject")
    return requests.on_port(turn, run, _output(run, command), port, _refusal(run, command, "rejected"))


def _timed_out(turn: Turn, run: StepRun, command: Decided) -> Outcome:
    sentence = f"Nobody decided “{_title(run)}” in time."
    return requests.on_port(turn, run, _output(run, command), "timeout", Broken("approval_expired", sentence))


def _changes_requested(turn: Turn, run: StepRun, command: Decided) -> Outcome:
    step = turn.step_as(run, ApprovalStep)
    if step.config.revise is None:
        return _sent_back(turn, run, command, _refusal(run, command, "sent back"))
    if run.state.get("revisions", 0) >= step.config.max_revisions:
        sentence = f"“{_title(run)}” was sent back more than {step.config.max_revisions} times."
        return _sent_back(turn, run, command, Broken("revision_limit", sentence))
    feedback = {"comment": command.comment, "form": command.form, "by": list(command.decided_by)}
    return Revise(step.config.revise, run.path, feedback)


def _sent_back(turn: Turn, run: StepRun, command: Decided, otherwise: Broken) -> Outcome:
    port = _port(turn, run, command, "reject")
    return requests.on_port(turn, run, _output(run, command), port, otherwise)


def _port(turn: Turn, run: StepRun, command: Decided, counts_as: str) -> str:
    """The port of the answer that was given; where that has none, of the first that counts as much."""
    own = turn.step_as(run, ApprovalStep).config.answers
    if not own:
        return USUAL[counts_as]
    fitting = [answer.id for answer in own if answer.counts_as == counts_as]
    return command.answer if command.answer in fitting else next(iter(fitting), USUAL[counts_as])


def _output(run: StepRun, command: Decided) -> dict[str, Any]:
    return {
        "decision": command.status,
        "answer": command.answer,
        "comment": command.comment,
        "form": command.form,
        "data": run.input.get("data") if command.data is None else command.data,
        "decided_by": list(command.decided_by),
    }


def _refusal(run: StepRun, command: Decided, verb: str) -> Broken:
    by = f" by {', '.join(command.decided_by)}" if command.decided_by else ""
    why = f": {command.comment}" if command.comment else "."
    return Broken("rejected", f"“{_title(run)}” was {verb}{by}{why}")


def _title(run: StepRun) -> str:
    return str(run.input["title"])


USUAL = {"approve": "approved", "reject": "rejected"}
"""The ports of a step without answers of its own."""

_ANSWERS = {
    "approved": _approved,
    "rejected": _rejected,
    "changes_requested": _changes_requested,
    "timed_out": _timed_out,
}
STATUSES = frozenset(_ANSWERS)

KIND = Kind(prepare, requests.begin, requests.effect, requests.withdraw)
