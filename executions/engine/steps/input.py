"""A person fills a form. Ports: `submitted` and `timeout`; a timeout that leads nowhere fails the step."""

from typing import Any

from executions.engine.commands import Submitted
from executions.engine.state import StepRun
from executions.engine.steps import people, requests
from executions.engine.steps.kind import Broken, Done, Kind, Outcome
from executions.engine.turn import Turn
from workflows.expressions import Scope
from workflows.schema import InputStep

STATUSES = frozenset({"submitted", "timed_out"})


def prepare(step: InputStep, scope: Scope) -> dict[str, Any]:
    """The form as people will see it. Raises InvalidInput."""
    asked = people.tokens(step.config.assignees, scope)
    form = people.form(step.config.form, scope)
    return people.request(step.config, scope) | {"form": form, "assignees": asked}


def answer(turn: Turn, run: StepRun, command: Submitted) -> Outcome:
    """What a filled or expired form leads to."""
    if command.status == "submitted":
        return Done(command.values, "submitted")
    sentence = f"Nobody filled “{run.input['title']}” in time."
    return requests.on_port(turn, run, None, "timeout", Broken("input_expired", sentence))


KIND = Kind(prepare, requests.begin, requests.effect, requests.withdraw)
