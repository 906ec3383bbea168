"""What agent, team and tool steps have in common: a runner outside does the work."""

from executions.engine.effects import CancelStep, RunStep
from executions.engine.state import StepRun
from executions.engine.steps.kind import Outcome, Working
from executions.engine.turn import Turn


def begin(turn: Turn, run: StepRun) -> Outcome:
    """The runner has it."""
    return Working()


def effect(run: StepRun) -> RunStep:
    """Do it."""
    return RunStep(
        run.path, run.round, run.attempt, run.step_id, run.kind, run.input, run.state.get("asked", 0)
    )


def withdraw(path: str, round: int) -> CancelStep:
    """Stop doing it."""
    return CancelStep(path, round)
