"""Every write on runs that a person, a program or another run asks for. The engine's own writes are in store."""

import hashlib
import json
import uuid
from functools import lru_cache, partial
from typing import Any

from django.core.files.base import File
from django.db import IntegrityError, connection, transaction
from django.db.models.fields.json import KeyTextTransform

from convergio import checks
from convergio.audit.operations import record
from convergio.errors import Conflict, InvalidInput, NotFound
from convergio.live import publish_on_commit, workspace_topic
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import User, Workspace
from convergio.workspaces.permissions import Permission
from executions import files, inbox, statements
from executions.failpoints import passing
from executions.models import TRIAL, Execution, ExecutionStatus, RunFile, StepRun
from executions.store import RunFacts, storable
from workflows import operations as workflow_operations
from workflows.inputs import check_inputs
from workflows.models import Workflow, WorkflowVersion
from workflows.schema import Definition, InputType, parse_definition

MOST_DEPTH = 8
"""How deep workflows may call workflows."""

RETRIABLE = frozenset({ExecutionStatus.FAILED, ExecutionStatus.CANCELLED, ExecutionStatus.TIMED_OUT})
ENDED = RETRIABLE | {ExecutionStatus.COMPLETED}

ALLOWED: dict[str, tuple[frozenset[ExecutionStatus], str]] = {
    "cancel": (frozenset(ExecutionStatus) - ENDED, "Only a run that has not ended can be cancelled"),
    "pause": (
        frozenset({ExecutionStatus.QUEUED, ExecutionStatus.RUNNING, ExecutionStatus.WAITING}),
        "Only a run that is at work or waits can be paused",
    ),
    "resume": (frozenset({ExecutionStatus.PAUSED}), "Only a paused run can be resumed"),
    "retry": (RETRIABLE, "Only a failed, cancelled or timed out run can be retried"),
}
"""Which orders a run takes in which status; the engine has the last word when it comes to them."""


class NotRunnable(Conflict):
    """This workflow cannot be run now."""

    code = "not_runnable"


class WrongStatus(Conflict):
    """The run is not in a status that allows this."""

    code = "wrong_status"


class KeyUsedOtherwise(Conflict):
    """This idempotency key was used for another request; use a new key for a new request."""

    code = "idempotency_key_used"


class TooDeep(InvalidInput):
    """Workflows call each other too deeply."""

    code = "too_deep"


# starting


def start(
    workflow: Workflow,
    inputs: object,
    *,
    by: Actor,
    trigger: str = "manual",
    idempotency_key: str | None = None,
    version: int | None = None,
) -> Execution:
    """Start a run of the published (or the named) version.

    The same key with the same request gives the same run again. Raises InvalidInput, NotRunnable, KeyUsedOtherwise.
    """
    by.require(Permission.RUN)
    _require_here(workflow.workspace_id, by)
    facts = {"trigger": trigger, "started_by": by.user}
    return _start(workflow, version, inputs, by=by, key=_checked_key(idempotency_key), facts=facts)


def start_inner(
    parent: RunFacts,
    slug: str,
    version: int | None,
    inputs: object,
    *,
    idempotency_key: str,
    trigger: str,
    path: str,
    round: int = 0,
) -> Execution:
    """Start a run for a step of another run, once per key. A `workflow` step waits for it; a tool does not."""
    workspace = Workspace.objects.get(pk=parent.workspace_id)
    workflow = Workflow.objects.filter(workspace=workspace, slug=slug).first()
    if workflow is None:
        raise NotFound(f"There is no workflow “{slug}” in this workspace.")
    if parent.depth >= MOST_DEPTH:
        raise TooDeep(f"Workflows may call each other {MOST_DEPTH} levels deep; “{slug}” would be one more.")
    facts = {
        "trigger": trigger,
        "started_by": known_user(parent.started_by_id),
        "parent_id": parent.id,
        "parent_path": path,
        "parent_round": round,
        "depth": parent.depth + 1,
    }
    by = Actor.system(workspace)
    return _start(workflow, version, inputs, by=by, key=idempotency_key[:200], facts=facts)


def known_user(user_id: int | None) -> User | None:
    """Return a person who is still there."""
    return None if user_id is None else User.objects.filter(pk=user_id).first()


def fork(
    execution: Execution,
    path: str,
    *,
    by: Actor,
    edited: dict[str, Any] | None = None,
    inputs: dict[str, Any] | None = None,
) -> Execution:
    """Start a new run that takes over everything before the step at `path` and works from there.

    `edited` is merged over that step's resolved input; `inputs` replaces the run's inputs. The original stays as it is.
    """
    by.require(Permission.RUN)
    _require_here(execution.workspace_id, by)
    _require_step(execution, path)
    definition = definition_of(execution.version_id)
    given = execution.inputs if inputs is None else _checked_inputs(definition, inputs, by.workspace)
    begin = {"path": path, "edited": storable(checked_edit(edited))}
    facts = {"trigger": "fork", "started_by": by.user, "forked_from": execution, "state": {"begin": begin}}
    with transaction.atomic():
        forked = _insert(execution.workflow, execution.version, given, facts)
        record(by, "execution.fork", forked, {"from": [None, str(execution.id)], "path": [None, path]})
    return forked


def start_trial(workflow: Workflow, inputs: object, *, by: Actor, begin: dict[str, Any]) -> Execution:
    """Start a run of the draft as it is now; `begin` is what `Start` takes beyond the inputs (see trials)."""
    by.require(Permission.RUN)
    _require_here(workflow.workspace_id, by)
    if workflow.archived_at is not None:
        raise NotRunnable(f"“{workflow.name}” is archived; bring it back before you try it.")
    with transaction.atomic():
        frozen = workflow_operations.freeze(workflow, by=by)
        given = _checked_inputs(definition_of(frozen.pk), inputs, by.workspace)
        state = {"begin": {name: storable(value) for name, value in begin.items() if value}}
        facts = {"trigger": TRIAL, "started_by": by.user, "state": state}
        execution = _insert(workflow, frozen, given, facts)
        _bind_files(execution)
        record(by, "execution.try", execution)
    return execution


def _start(
    workflow: Workflow,
    version: int | None,
    inputs: object,
    *,
    by: Actor,
    key: str | None,
    facts: dict[str, Any],
) -> Execution:
    digest = _digest(workflow, version, inputs) if key else ""
    if key and (known := _known(by.workspace, key, digest)):
        return known
    pinned = _runnable(workflow, version)
    given = _checked_inputs(definition_of(pinned.pk), inputs, by.workspace)
    try:
        with transaction.atomic():
            about = {**facts, "idempotency_key": key, "request_digest": digest}
            execution = _insert(workflow, pinned, given, about)
            _bind_files(execution)
            record(by, "execution.start", execution, {"version": [None, pinned.number]})
    except IntegrityError:
        if key and (known := _known(by.workspace, key, digest)):
            return known
        raise
    return execution


def _insert(
    workflow: Workflow, version: WorkflowVersion, inputs: dict[str, Any], facts: dict[str, Any]
) -> Execution:
    """Save a queued run under the workflow's next number, and have it driven after the commit."""
    execution = Execution.objects.create(
        workspace_id=workflow.workspace_id,
        workflow=workflow,
        version=version,
        number=_next_number(workflow),
        inputs=inputs,
        **facts,
    )
    transaction.on_commit(partial(passing, "run.queued"))
    transaction.on_commit(partial(inbox.send_drive, execution.id))
    _announce(execution)
    return execution


def _next_number(workflow: Workflow) -> int:
    """The number of the next run; who asks after us waits until our transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(statements.LOCK_NUMBERS, {"workflow": workflow.pk})
        cursor.execute(statements.NEXT_NUMBER, {"workflow": workflow.pk})
        return int(cursor.fetchone()[0])


@lru_cache(maxsize=200)
def _version(version_id: uuid.UUID) -> WorkflowVersion:
    """A version, which never changes, so it is kept."""
    return WorkflowVersion.objects.get(pk=version_id)


@lru_cache(maxsize=200)
def definition_of(version_id: uuid.UUID) -> Definition:
    """What a version says."""
    return parse_definition(_version(version_id).definition)


def _runnable(workflow: Workflow, version: int | None) -> WorkflowVersion:
    if workflow.archived_at is not None:
        raise NotRunnable(f"“{workflow.name}” is archived; bring it back before you run it.")
    if not workflow.is_active:
        raise NotRunnable(f"“{workflow.name}” is switched off; switch it on before you run it.")
    if version is not None:
        found = workflow.versions.filter(number=version).first()
        if found is None:
            raise NotFound(f"“{workflow.name}” has no version {version}.")
        return found
    if workflow.published_id is None:
        raise NotRunnable(f"“{workflow.name}” was never published; publish it before you run it.")
    return _version(workflow.published_id)


def _known(workspace: Workspace, key: str, digest: str) -> Execution | None:
    known = Execution.objects.filter(workspace=workspace, idempotency_key=key).first()
    if known is not None and known.request_digest != digest:
        raise KeyUsedOtherwise()
    return known


def _digest(workflow: Workflow, version: int | None, inputs: object) -> str:
    text = json.dumps([str(workflow.pk), version, inputs], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _checked_key(key: str | None) -> str | None:
    if key is None:
        return None
    text = checks.text(key, "idempotency key", most=190)
    if not text:
        raise InvalidInput("An idempotency key is a text of 1 to 190 characters.")
    return f"key:{text}"


def _checked_inputs(definition: Definition, inputs: object, workspace: Workspace) -> dict[str, Any]:
    """Inputs as the workflow declares them; every file in them lies in this workspace."""
    checked = check_inputs(definition.inputs, {} if inputs is None else inputs)
    for field in definition.inputs:
        if field.type == InputType.FILE and checked.get(field.name) is not None:
            found = _file_reference(workspace, field.name, checked[field.name])
            checked |= check_inputs([field], {field.name: found})
    return checked


def _file_reference(workspace: Workspace, name: str, value: dict[str, Any]) -> dict[str, Any]:
    wanted, known = value["file"], RunFile.objects.filter(workspace=workspace)
    run_file = known.filter(pk=wanted).first() if files.is_id(wanted) else None
    if run_file is None:
        problem = {
            "location": f"/{name}",
            "field": name,
            "message": "names no uploaded file of this workspace",
        }
        raise InvalidInput(f"Input “{name}” names no uploaded file of this workspace.", details=[problem])
    return files.reference(run_file)


def _bind_files(execution: Execution) -> None:
    """An upload belongs to the first run that it is given to."""
    given = [one for one in files.references_in(execution.inputs) if files.is_id(one)]
    if given:
        fresh = RunFile.objects.filter(workspace_id=execution.workspace_id, pk__in=given, execution=None)
        fresh.update(execution=execution)


def checked_edit(edited: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what is to be merged over a step's input. Raises InvalidInput."""
    if edited is None:
        return None
    if not isinstance(edited, dict):
        raise InvalidInput("What is edited is an object: names of the step's input with new values.")
    checks.json_document(edited, field="edited", most_bytes=500_000)
    return edited


def _require_step(execution: Execution, path: str) -> None:
    known = StepRun.objects.filter(execution=execution, path=path).exclude(kind="iteration")
    if "\x00" in path or not known.exists():
        raise InvalidInput(f"This run never came to a step “{path[:200]}”, so nothing can start again there.")


# orders to a run


def cancel(execution: Execution, *, by: Actor, reason: str = "") -> Execution:
    """Stop a run for good; what works is stopped within a second. Raises WrongStatus when it has ended."""
    reason = checks.text(reason, "reason", most=1000)
    return _order(execution, "cancel", by, {"reason": reason or f"cancelled by {by.label}"})


def pause(execution: Execution, *, by: Actor) -> Execution:
    """Start nothing new in a run; what works may end."""
    return _order(execution, "pause", by)


def resume(execution: Execution, *, by: Actor) -> Execution:
    """Go on after a pause."""
    return _order(execution, "resume", by)


def retry(execution: Execution, *, by: Actor) -> Execution:
    """Revive exactly what failed or was cancelled in a run that did not complete."""
    return _order(execution, "retry", by)


def _order(execution: Execution, kind: str, by: Actor, data: dict[str, Any] | None = None) -> Execution:
    by.require(Permission.RUN)
    _require_here(execution.workspace_id, by)
    with transaction.atomic():
        execution.refresh_from_db(fields=["status", "started_at"])
        _require_status(execution, kind)
        inbox.post(execution.id, kind, data, by=by.user)
        record(by, f"execution.{kind}", execution)
    return execution


def _require_status(execution: Execution, kind: str) -> None:
    statuses, sentence = ALLOWED[kind]
    if execution.status not in statuses:
        raise WrongStatus(f"{sentence}; this one is {execution.get_status_display().lower()}.")
    if kind == "retry" and execution.started_at is None:
        raise WrongStatus("This run ended before it began; start a new one.")


# files and events


def store_upload(uploaded: "File[bytes]", *, by: Actor) -> RunFile:
    """Save an uploaded file, to be named by a run's inputs. Raises TooLarge and InvalidInput."""
    by.require(Permission.RUN)
    name = checks.text(getattr(uploaded, "name", "") or "", "file name", most=1000)
    kind = str(getattr(uploaded, "content_type", "") or "")
    run_file = files.save(uploaded, workspace_id=by.workspace.id, name=name, content_type=kind)
    record(by, "file.upload", run_file, {"size": [None, run_file.size]})
    return run_file


def emit_event(name: str, payload: Any, *, by: Actor) -> int:
    """Tell every run of the workspace that waits for this event; return to how many it was posted."""
    by.require(Permission.RUN)
    name = checks.text(name, "name", most=100, least=1)
    if payload is not None:
        checks.json_document(payload, field="payload", most_bytes=500_000)
    waiting = StepRun.objects.annotate(event=KeyTextTransform("event", "state")).filter(
        execution__workspace=by.workspace, kind="wait", status="waiting", is_open=True, event=name
    )
    with transaction.atomic():
        told = set(waiting.values_list("execution_id", flat=True))
        for execution_id in told:
            inbox.post(execution_id, "received", {"event": name, "payload": payload}, by=by.user)
        record(by, "event.emit", by.workspace, {"event": [None, name], "runs": [None, len(told)]})
    return len(told)


def _require_here(workspace_id: uuid.UUID, by: Actor) -> None:
    if workspace_id != by.workspace.id:
        raise NotFound()


def _announce(execution: Execution) -> None:
    topic = workspace_topic(execution.workspace_id)
    publish_on_commit(topic, {"type": "poke", "seq": 0, "about": "executions"})
