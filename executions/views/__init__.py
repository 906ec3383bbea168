"""Pages of runs: home, starting, the list, the live page, results and the log."""

from executions.views.acting import fork, order
from executions.views.home import home
from executions.views.listing import execution_list, workflow_executions, workflow_statistics
from executions.views.results import event_log, event_log_file, output, output_file, run_file
from executions.views.samples import workflow_seen
from executions.views.starting import workflow_run
from executions.views.trying import pin_run, pins, trial
from executions.views.watching import execution_detail

__all__ = [
    "event_log",
    "event_log_file",
    "execution_detail",
    "execution_list",
    "fork",
    "home",
    "order",
    "output",
    "output_file",
    "pin_run",
    "pins",
    "run_file",
    "trial",
    "workflow_executions",
    "workflow_run",
    "workflow_seen",
    "workflow_statistics",
]
