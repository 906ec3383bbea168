"""Trying a draft: a run of it as it is now, whole or in part, in which some steps have their output already."""

from executions.trials.data import pins_of, results_of
from executions.trials.operations import NotReady, clear_pins, pin, pin_results, try_draft, unpin
from executions.trials.reach import Reach

__all__ = [
    "NotReady",
    "Reach",
    "clear_pins",
    "pin",
    "pin_results",
    "pins_of",
    "results_of",
    "try_draft",
    "unpin",
]
