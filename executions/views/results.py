"""What a run gave, to read and to take away; its files; its log."""

import json
import uuid
from collections.abc import Iterator

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from convergio.pages import PageRequest, page
from convergio.workspaces.permissions import Permission
from executions import chain, documents, files
from executions.models import Event, Execution, RunFile
from executions.views.finding import find

SAFE_TO_SHOW = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@require_GET
@page
def output(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    """The result as a page to read."""
    execution = find(request, id)
    written = RunFile.objects.filter(execution=execution).exclude(written_by="")
    facts = {"execution": execution, "outputs": documents.sections(execution), "files": written}
    return render(request, "executions/execution_output.html", facts)


@require_GET
@page
def output_file(request: PageRequest, id: uuid.UUID, ending: str) -> HttpResponse:
    """The result as Markdown, PDF or JSON."""
    execution = find(request, id)
    writer = documents.WRITERS.get(ending)
    if writer is None:
        raise Http404
    kind, write = writer
    return _attachment(write(execution), kind, f"{execution.workflow.slug}-{execution.number}.{ending}")


@require_GET
@page
def event_log(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    """Every fact of a run, and whether the log is as it was written."""
    execution = find(request, id)
    events = Paginator(Event.objects.filter(execution_id=execution.id).order_by("seq"), 100)
    facts = {
        "execution": execution,
        "page": events.get_page(request.GET.get("page")),
        "proof": chain.verify(execution),
    }
    return render(request, "executions/execution_log.html", facts)


@require_GET
@page
def event_log_file(request: PageRequest, id: uuid.UUID) -> StreamingHttpResponse:
    """The log as a file, one JSON object a line."""
    execution = find(request, id)
    response = StreamingHttpResponse(_lines(execution), content_type="application/x-ndjson; charset=utf-8")
    name = f"{execution.workflow.slug}-{execution.number}-log.jsonl"
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


@require_GET
@page
def run_file(request: PageRequest, id: uuid.UUID) -> FileResponse:
    """A file of a run. Only pictures are shown; all else is downloaded, so that it never acts as a page of ours."""
    request.actor.require(Permission.VIEW)
    found = get_object_or_404(RunFile, pk=id, workspace=request.workspace)
    content = files.opened(found)
    shown = found.content_type in SAFE_TO_SHOW
    kind = found.content_type if shown else "application/octet-stream"
    return FileResponse(content, as_attachment=not shown, filename=found.name, content_type=kind)


def _attachment(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


def _lines(execution: Execution) -> Iterator[str]:
    for event in Event.objects.filter(execution_id=execution.id).order_by("seq").iterator(chunk_size=500):
        fact = {"seq": event.seq, "at": event.at.isoformat(), "type": event.type, "path": event.path}
        yield json.dumps({**fact, "data": event.data, "hash": event.hash}, ensure_ascii=False) + "\n"
