"""Runs over HTTP: start, watch, order, read."""

from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from ninja import File, Header, Query, Router, Status
from ninja.files import UploadedFile

from convergio.errors import InvalidInput, NotFound, Unavailable
from convergio.rest.auth import actor_of, still_welcome
from convergio.rest.paging import Page, Paging, one_or_none, paged
from convergio.workspaces.permissions import Permission
from executions import chain, documents, files, operations, queries, stream
from executions.api_schemas import (
    CallOut,
    CancelIn,
    Emitted,
    EventFilters,
    EventIn,
    ExecutionFilters,
    ExecutionOut,
    FileOut,
    ForkIn,
    Outputs,
    StartIn,
    StepRunOut,
    StreamFilters,
    Verification,
)
from executions.models import Event, Execution, RunFile, Worker
from workflows.api import workflow_of
from workflows.models import Workflow
from workflows.queries import to_run

router = Router(tags=["Executions"])
uploads = Router(tags=["Files"])


def execution_of(request: HttpRequest, execution_id: UUID) -> Execution:
    """Return a run of the caller's workspace. Raises NotFound."""
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    found = one_or_none(queries.visible_to(actor), pk=execution_id)
    if found is None:
        raise NotFound("There is no such run in this workspace.")
    return found


@router.get("/executions", response=Page[ExecutionOut])
def list_executions(request: HttpRequest, filters: Query[ExecutionFilters], paging: Query[Paging]) -> Any:
    """The runs of the workspace, newest first."""
    return paged(filters.narrow(queries.visible_to(actor_of(request))), paging)


def _workflow_to_run(request: HttpRequest, slug: str) -> Workflow:
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    found = to_run(actor, slug)
    if found is None:
        raise NotFound("There is no such workflow in this workspace.")
    return found


@router.post("/executions", response={201: ExecutionOut})
def start(
    request: HttpRequest,
    payload: StartIn,
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> Any:
    """Start a run. The same Idempotency-Key with the same body gives the same run again."""
    execution = operations.start(
        _workflow_to_run(request, payload.workflow),
        payload.inputs,
        by=actor_of(request),
        trigger="api",
        idempotency_key=idempotency_key,
        version=payload.version,
    )
    return Status(201, execution)


@router.get("/executions/{uuid:execution_id}", response=ExecutionOut)
def get_execution(request: HttpRequest, execution_id: UUID) -> Any:
    """One run: where it stands, what it has cost, what came out."""
    return execution_of(request, execution_id)


@router.get("/executions/{uuid:execution_id}/steps", response=Page[StepRunOut])
def list_steps(request: HttpRequest, execution_id: UUID, paging: Query[Paging]) -> Any:
    """The step runs, in the order in which they began, all rounds."""
    execution = execution_of(request, execution_id)
    return paged(execution.step_runs.order_by("created_seq", "path", "round"), paging)


@router.get("/executions/{uuid:execution_id}/calls", response=Page[CallOut])
def list_calls(request: HttpRequest, execution_id: UUID, paging: Query[Paging], path: str = "") -> Any:
    """The model and tool calls, in the order in which they began; of one step with `path`."""
    return paged(queries.calls(execution_of(request, execution_id), path or None), paging)


@router.get("/executions/{uuid:execution_id}/events")
def list_events(request: HttpRequest, execution_id: UUID, filters: Query[EventFilters]) -> dict[str, Any]:
    """The log from the event after `after`. `next` is where to go on, null when there is no more now."""
    execution = execution_of(request, execution_id)
    rows = Event.objects.filter(execution_id=execution.pk, seq__gt=filters.after).order_by("seq")
    found = [stream.as_json(event) for event in rows[: filters.limit]]
    return {"items": found, "next": found[-1]["seq"] if len(found) == filters.limit else None}


@router.get("/executions/{uuid:execution_id}/stream")
def stream_events(
    request: HttpRequest,
    execution_id: UUID,
    filters: Query[StreamFilters],
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> Any:
    """The run as server-sent events, from the one after Last-Event-ID (or `after`) until the run ends."""
    execution = execution_of(request, execution_id)
    response = StreamingHttpResponse(
        stream.follow(
            execution.pk, _event_number(last_event_id, filters.after), partial(still_welcome, request)
        ),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )
    return response


@router.get("/executions/{uuid:execution_id}/verification", response=Verification)
def verify(request: HttpRequest, execution_id: UUID) -> Any:
    """Whether the log is as it was written."""
    return chain.verify(execution_of(request, execution_id))


@router.get("/executions/{uuid:execution_id}/outputs", response=Outputs)
def get_outputs(request: HttpRequest, execution_id: UUID) -> Any:
    """What came out, with the files that belong to the run."""
    execution = execution_of(request, execution_id)
    return {
        "status": execution.status,
        "outputs": execution.outputs,
        "error": execution.error,
        "files": list(files.within_reach(execution)),
    }


@router.get("/executions/{uuid:execution_id}/document")
def get_document(
    request: HttpRequest, execution_id: UUID, format: Literal["md", "pdf", "json"] = "md"
) -> HttpResponse:
    """The result as a document that people read: Markdown, PDF or JSON."""
    execution = execution_of(request, execution_id)
    kind, write = documents.WRITERS[format]
    response = HttpResponse(write(execution), content_type=kind)
    name = f"{execution.workflow.slug}-{execution.number}.{format}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@router.get("/executions/{uuid:execution_id}/files", response=Page[FileOut])
def list_files(request: HttpRequest, execution_id: UUID, paging: Query[Paging]) -> Any:
    """The files of a run: its inputs' and those that its steps wrote."""
    return paged(files.within_reach(execution_of(request, execution_id)), paging)


@router.post("/executions/{uuid:execution_id}/cancellation", response={202: ExecutionOut})
def cancel(request: HttpRequest, execution_id: UUID, payload: CancelIn | None = None) -> Any:
    """Stop a run for good."""
    reason = payload.reason if payload else ""
    execution = execution_of(request, execution_id)
    return Status(202, operations.cancel(execution, by=actor_of(request), reason=reason))


@router.post("/executions/{uuid:execution_id}/pause", response={202: ExecutionOut})
def pause(request: HttpRequest, execution_id: UUID) -> Any:
    """Start nothing new in a run."""
    return Status(202, operations.pause(execution_of(request, execution_id), by=actor_of(request)))


@router.delete("/executions/{uuid:execution_id}/pause", response={202: ExecutionOut})
def resume(request: HttpRequest, execution_id: UUID) -> Any:
    """Go on after a pause."""
    return Status(202, operations.resume(execution_of(request, execution_id), by=actor_of(request)))


@router.post("/executions/{uuid:execution_id}/retries", response={202: ExecutionOut})
def retry(request: HttpRequest, execution_id: UUID) -> Any:
    """Revive exactly what failed or was cancelled."""
    return Status(202, operations.retry(execution_of(request, execution_id), by=actor_of(request)))


@router.post("/executions/{uuid:execution_id}/forks", response={201: ExecutionOut})
def fork(request: HttpRequest, execution_id: UUID, payload: ForkIn) -> Any:
    """Start a new run from a step of this one, with edited input; this one stays as it is."""
    execution = execution_of(request, execution_id)
    made = operations.fork(
        execution, payload.path, by=actor_of(request), edited=payload.edited, inputs=payload.inputs
    )
    return Status(201, made)


@router.get("/workflows/{slug}/statistics", tags=["Workflows"])
def statistics(request: HttpRequest, slug: str) -> Any:
    """Runs, success rate, durations, cost, slowest and most failing steps."""
    return queries.statistics(workflow_of(request, slug))


@router.post("/events", response={202: Emitted})
def emit_event(request: HttpRequest, payload: EventIn) -> Any:
    """Tell every run that waits for this event; `runs` says how many were told."""
    told = operations.emit_event(payload.name, payload.payload, by=actor_of(request))
    return Status(202, {"runs": told})


@uploads.post("/files", response={201: FileOut})
def upload(request: HttpRequest, file: File[UploadedFile]) -> Any:
    """Save a file; its id is then the value of a file input."""
    return Status(201, operations.store_upload(file, by=actor_of(request)))


@uploads.get("/files/{uuid:file_id}")
def download(request: HttpRequest, file_id: UUID) -> Any:
    """The content of a file, always as a download."""
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    found = RunFile.objects.filter(workspace=actor.workspace, pk=file_id).first()
    if found is None:
        raise NotFound("There is no such file in this workspace.")
    response = FileResponse(files.opened(found), as_attachment=True, filename=found.name)
    response["Content-Type"] = found.content_type
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _event_number(last_event_id: str | None, after: int) -> int:
    if last_event_id is None or not last_event_id.strip():
        return after
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) <= 18):
        raise InvalidInput("Last-Event-ID is the number of an event, as the stream gave it.")
    return int(last_event_id)


def ask_worker() -> None:
    """Raise Unavailable unless a worker is alive, for the health page."""
    if not Worker.objects.filter(lease_until__gt=timezone.now()).exists():
        raise Unavailable("No worker is alive; runs wait until one is.")
