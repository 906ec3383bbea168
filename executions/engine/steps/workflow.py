"""Another workflow runs; its end comes as a command."""

from typing import Any

from executions.engine.commands import ChildEnded
from executions.engine.effects import CancelStep, StartChild
from executions.engine.state import RunStatus, StepRun
from executions.engine.steps.kind import Broken, Done, Kind, Outcome, Waiting
from executions.engine.turn import Turn
from workflows.expressions import Scope, resolve
from workflows.schema import WorkflowStep


def prepare(step: WorkflowStep, scope: Scope) -> dict[str, Any]:
    """Which workflow, and its inputs with their variables filled in."""
    config = step.config
    inputs = resolve(config.inputs, scope)
    return {"workflow": config.workflow, "version": config.version, "inputs": inputs}


def begin(turn: Turn, run: StepRun) -> Outcome:
    """The other run is started."""
    return Waiting({"for": "child"})


def answer(turn: Turn, run: StepRun, command: ChildEnded) -> Outcome:
    """What the end of the other run leads to."""
    if command.status == RunStatus.COMPLETED:
        return Done(command.outputs)
    error = command.error or {}
    code = error.get("code") or f"child_{command.status}"
    message = error.get("message") or f"The run of “{run.input['workflow']}” ended as {command.status}."
    return Broken(code, message, retryable=command.status != RunStatus.CANCELLED)


def effect(run: StepRun) -> StartChild:
    """Start it."""
    wanted = run.input
    return StartChild(run.path, run.round, wanted["workflow"], wanted["version"], wanted["inputs"])


def withdraw(path: str, round: int) -> CancelStep:
    """Stop it."""
    return CancelStep(path, round)


KIND = Kind(prepare, begin, effect, withdraw)
