"""What waits for a person, and what people make of it."""

from approvals.models.desk import Absence, SavedFilter
from approvals.models.links import AnswerLink
from approvals.models.requests import (
    Answer,
    ApprovalRequest,
    Decision,
    Priority,
    RequestKind,
    RequestStatus,
)
from approvals.models.talk import Activity, Verb, Watch

__all__ = [
    "Absence",
    "Activity",
    "Answer",
    "AnswerLink",
    "ApprovalRequest",
    "Decision",
    "Priority",
    "RequestKind",
    "RequestStatus",
    "SavedFilter",
    "Verb",
    "Watch",
]
