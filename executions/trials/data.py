"""What steps gave: in an earlier run, and as people pinned it."""

from executions.engine.state import ITERATION
from executions.models import Execution, Pin, StepRun, StepStatus
from executions.trials.reach import Result
from workflows.models import Workflow
from workflows.schema import StepId

UNPINNABLE = (ITERATION, "parallel", "sequential")
"""What only holds other steps: these are pinned themselves."""


def pins_of(workflow: Workflow) -> dict[StepId, Result]:
    """Return the pinned results of a workflow's draft."""
    rows = Pin.objects.filter(workflow=workflow).values_list("step_id", "output", "port")
    return {step_id: {"output": output, "port": port} for step_id, output, port in rows}


def results_of(execution: Execution) -> dict[StepId, Result]:
    """Return what each step of a run gave in the end.

    Of a loop its whole list is known; what was in it ran many times and is left out.
    """
    done = StepRun.objects.filter(execution=execution, status=StepStatus.SUCCEEDED)
    done = done.exclude(kind__in=UNPINNABLE).exclude(path__contains="[").order_by("round", "created_seq")
    rows = done.values_list("step_id", "output", "port")
    return {step_id: {"output": output, "port": port or "done"} for step_id, output, port in rows}
