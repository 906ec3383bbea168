"""What approval and input steps have in common: people are asked, and the answer comes as a command."""

from typing import Any

from executions.engine.effects import OpenRequest, WithdrawRequest
from executions.engine.state import StepRun
from executions.engine.steps.kind import Broken, Done, Outcome, Waiting
from executions.engine.turn import Turn


def begin(turn: Turn, run: StepRun) -> Outcome:
    """Somebody is asked."""
    return Waiting({"for": "people"})


def effect(run: StepRun) -> OpenRequest:
    """Ask."""
    return OpenRequest(run.path, run.round, run.step_id, run.kind, run.input)


def withdraw(path: str, round: int) -> WithdrawRequest:
    """Nobody needs to answer."""
    return WithdrawRequest(path, round)


def on_port(turn: Turn, run: StepRun, output: Any, port: str, otherwise: Broken) -> Outcome:
    """Go on along a port that something hangs on; with nothing there, this is how the step fails."""
    return Done(output, port) if turn.plan.leads_on(run.step_id, port) else otherwise
