"""The inbox: what waits, one request beside it, and everything a person does with it, with scripts or without."""

from approvals.views.answering import decision, decisions
from approvals.views.desk import absence_end, absences, filter_deletion, filters
from approvals.views.handling import claim, comments, delegation, watch
from approvals.views.inbox import approval_detail, approval_list

__all__ = [
    "absence_end",
    "absences",
    "approval_detail",
    "approval_list",
    "claim",
    "comments",
    "decision",
    "decisions",
    "delegation",
    "filter_deletion",
    "filters",
    "watch",
]
