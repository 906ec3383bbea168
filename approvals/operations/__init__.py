"""Every write on requests and on people's desks."""

from approvals.operations.answering import BulkReport, decide, decide_many, submit
from approvals.operations.desk import delete_filter, end_absence, save_filter, set_absence
from approvals.operations.ending import escalate_due, escalate_soon, expire_due, remind_due, withdraw
from approvals.operations.handling import claim, delegate, release
from approvals.operations.opening import open_request
from approvals.operations.talking import comment, unwatch, watch

__all__ = [
    "BulkReport",
    "claim",
    "comment",
    "decide",
    "decide_many",
    "delegate",
    "delete_filter",
    "end_absence",
    "escalate_due",
    "escalate_soon",
    "expire_due",
    "open_request",
    "release",
    "remind_due",
    "save_filter",
    "set_absence",
    "submit",
    "unwatch",
    "watch",
    "withdraw",
]
