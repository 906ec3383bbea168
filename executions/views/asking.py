"""The fields that ask for a workflow's inputs, and what was sent in them."""

import mimetypes
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from convergio.errors import ConvergioError, NotFound
from convergio.json_forms import FormField
from convergio.pages import PageRequest
from convergio.values import is_file
from executions import operations
from executions.files import is_id, reference
from executions.models import RunFile
from workflows import templates
from workflows.inputs import label_of
from workflows.models import Workflow
from workflows.schema import InputField, InputType


def asked(
    workflow: Workflow,
    inputs: Sequence[InputField],
    values: Mapping[str, Any],
    refusal: ConvergioError | None = None,
) -> dict[str, Any]:
    """Return what a form shows that asks for inputs: with values, with what was wrong, with samples to use."""
    errors = {one.get("field", ""): one["message"] for one in refusal.details} if refusal else {}
    samples = _samples(workflow)
    return {
        "fields": [_field(one, values, errors) for one in inputs],
        "files": {one.name: values.get(one.name) for one in inputs if is_file(values.get(one.name))},
        "samples": {key: one for key, one in samples.items() if not _is_sample_file(one)},
        "sample_files": {
            key: str(one).rpartition("/")[2] for key, one in samples.items() if _is_sample_file(one)
        },
        "refusal": refusal,
    }


def answers(request: PageRequest, workflow: Workflow, inputs: Sequence[InputField]) -> dict[str, Any]:
    """Return what was sent for each input; files are stored."""
    values: dict[str, Any] = {}
    for field in inputs:
        if field.type == InputType.FILE:
            values[field.name] = _file(request, workflow, field.name)
        elif field.type == InputType.BOOLEAN:
            values[field.name] = field.name in request.POST
        else:
            values[field.name] = request.POST.get(field.name, "")
    return values


def _field(declared: InputField, values: Mapping[str, Any], errors: Mapping[str, str]) -> FormField:
    kind = str(declared.type)
    return FormField(
        name=declared.name,
        label=label_of(declared),
        kind=kind,
        required=declared.required,
        help=declared.help,
        value=values.get(declared.name, declared.default),
        choices=declared.choices,
        error=errors.get(declared.name, ""),
        accept=declared.accept,
    )


def _file(request: PageRequest, workflow: Workflow, name: str) -> Any:
    """Return a reference to what was uploaded now, was uploaded before, or is the sample that was asked for."""
    sent = request.FILES.get(name)
    if sent is not None:
        return reference(operations.store_upload(sent, by=request.actor))
    before = request.POST.get(f"{name}.before", "")
    if before == "sample":
        return reference(operations.store_upload(_sample_file(workflow, name), by=request.actor))
    if is_id(before):
        known = RunFile.objects.filter(workspace=request.workspace, pk=before).first()
        return reference(known) if known else None
    return None


def _samples(workflow: Workflow) -> dict[str, Any]:
    try:
        return templates.template(workflow.source_template).sample_inputs if workflow.source_template else {}
    except NotFound:
        return {}


def _is_sample_file(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("samples/")


def _sample_file(workflow: Workflow, name: str) -> SimpleUploadedFile:
    path = templates.sample_file(str(_samples(workflow).get(name, "")))
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return SimpleUploadedFile(path.name, path.read_bytes(), kind)
