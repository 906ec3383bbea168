"""What people answered, on its way into the run that asked: posted in the transaction that settled the request."""

from typing import Any

from approvals.models import ApprovalRequest, RequestKind, RequestStatus
from approvals.queries import verdict
from executions import files, inbox


def on_settled(sender: type[ApprovalRequest], request: ApprovalRequest, **_: Any) -> None:
    """Post the outcome of a request that a run opened; a withdrawn request tells nobody."""
    if not files.is_id(request.origin) or request.status == RequestStatus.CANCELLED:
        return
    if request.question:
        _post_answer(request)
    elif request.kind == RequestKind.INPUT:
        _post_form(request)
    else:
        _post_decision(request)


def _post_answer(request: ApprovalRequest) -> None:
    """What a step asked in the middle of its work, at a limit, or when it had failed."""
    said = verdict(request)
    data = {
        "path": request.origin_path,
        "round": request.round,
        "question": request.question,
        "status": said.status,
        "answer": said.answer,
        "comment": said.comment,
        "form": said.form,
        "by": list(said.decided_by),
    }
    inbox.post(request.origin, "answered", data)


def _post_decision(request: ApprovalRequest) -> None:
    said = verdict(request)
    data = {
        "path": request.origin_path,
        "round": request.round,
        "status": said.status,
        "comment": said.comment,
        "form": said.form,
        "decided_by": list(said.decided_by),
        "answer": said.answer,
        "data": said.data,
    }
    inbox.post(request.origin, "decided", data)


def _post_form(request: ApprovalRequest) -> None:
    said = verdict(request)
    data = {
        "path": request.origin_path,
        "round": request.round,
        "status": said.status,
        "values": said.form or {},
        "submitted_by": ", ".join(said.decided_by),
    }
    inbox.post(request.origin, "submitted", data)
