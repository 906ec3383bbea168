"""Every write of somebody who tries a draft: trials, and the results that are pinned for them."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from convergio import checks
from convergio.audit.operations import record
from convergio.errors import InvalidInput, NotFound
from convergio.live import publish_on_commit, workspace_topic
from convergio.workspaces.actors import Actor
from convergio.workspaces.permissions import Permission
from executions import operations
from executions.models import Execution, Pin
from executions.store import storable
from executions.trials.data import pins_of, results_of
from executions.trials.reach import Course, Reach, Results, course
from workflows import queries as workflow_queries
from workflows.graph import Graph, ports_of
from workflows.models import Workflow
from workflows.schema import CONTAINER_TYPES, Definition, Step, StepId, parse_definition
from workflows.validation import Finding

MOST_BYTES = 500_000
"""Size of one pinned output."""


class NotReady(InvalidInput):
    """What is to be tried has to be mended first."""

    code = "not_ready"


def try_draft(
    workflow: Workflow,
    inputs: object,
    *,
    by: Actor,
    reach: Reach = Reach.DRAFT,
    step_id: StepId | None = None,
    earlier: Execution | None = None,
    edited: dict[str, Any] | None = None,
) -> Execution:
    """Start a trial: a run of the draft as it is now. Its tools really act, and its calls are paid.

    `earlier` is the run whose results are taken over where `reach` asks for it; `edited` is merged over the resolved
    input of the step. Only what is run must be without faults. Raises InvalidInput, NotReady, NotRunnable.
    """
    by.require(Permission.BUILD)
    definition = parse_definition(workflow.draft)
    graph = Graph.of(definition)
    if step_id is None and reach is not Reach.DRAFT:
        raise InvalidInput("Say which step is to be tried.")
    if step_id is not None:
        _step(definition, step_id)
    results = results_of(earlier) if earlier is not None and earlier.workflow_id == workflow.pk else {}
    found = course(graph, reach, step_id, pins=pins_of(workflow), results=_fitting(graph, results))
    _refuse_faults(workflow_queries.findings(workflow), found)
    begin: dict[str, Any] = {"pinned": found.pinned, "only": list(found.only)}
    if edited and step_id is not None:
        begin["edited"] = {_path(graph, step_id): operations.checked_edit(edited)}
    return operations.start_trial(workflow, inputs, by=by, begin=begin)


def pin(workflow: Workflow, step_id: StepId, output: Any, *, by: Actor, port: str = "") -> Pin:
    """Have a step give this output in trials, without working. Raises InvalidInput."""
    step = _step(_draft(workflow, by), step_id)
    if step.type in CONTAINER_TYPES and step.type != "loop":
        raise InvalidInput(f"“{step.title}” holds other steps; pin these.")
    checks.json_document(output, field="output", most_bytes=MOST_BYTES)
    port = port or ports_of(step)[0]
    if port not in ports_of(step):
        raise InvalidInput(f"“{step.title}” has no port “{port[:64]}”.")
    with transaction.atomic():
        pinned = _save(workflow, step_id, storable(output), port, by)
        record(by, "workflow.pin", workflow, {"step": [None, step_id]})
        _announce(workflow)
    return pinned


def pin_results(execution: Execution, *, by: Actor) -> int:
    """Pin what the steps of a run gave, in place of what was pinned; return how many. The free ones work anew."""
    workflow = execution.workflow
    steps = {step.id: step for step in _draft(workflow, by).steps}
    found = {
        step_id: result
        for step_id, result in results_of(execution).items()
        if step_id in steps and steps[step_id].type not in ("condition", "transform")
        and result["port"] in ports_of(steps[step_id])
    }  # fmt: skip
    with transaction.atomic():
        Pin.objects.filter(workflow=workflow).delete()
        for step_id, result in found.items():
            _save(workflow, step_id, result["output"], result["port"], by)
        record(by, "workflow.pin", workflow, {"run": [None, execution.number], "steps": [None, len(found)]})
        _announce(workflow)
    return len(found)


def unpin(workflow: Workflow, step_id: StepId, *, by: Actor) -> None:
    """Have a step work in trials again; also one that is no longer in the draft."""
    _draft(workflow, by)
    _forget(workflow, by, step_id=step_id[:64])


def clear_pins(workflow: Workflow, *, by: Actor) -> None:
    """Have every step work in trials again."""
    _draft(workflow, by)
    _forget(workflow, by)


def _forget(workflow: Workflow, by: Actor, **which: str) -> None:
    with transaction.atomic():
        count, _ = Pin.objects.filter(workflow=workflow, **which).delete()
        if count:
            record(by, "workflow.unpin", workflow, {"steps": [count, None]})
            _announce(workflow)


def _save(workflow: Workflow, step_id: StepId, output: Any, port: str, by: Actor) -> Pin:
    values = {"output": output, "port": port, "created_by": by.user}
    pinned, _ = Pin.objects.update_or_create(workflow=workflow, step_id=step_id, defaults=values)
    return pinned


def _draft(workflow: Workflow, by: Actor) -> Definition:
    by.require(Permission.BUILD)
    if workflow.workspace_id != by.workspace.pk:
        raise NotFound("There is no such workflow in this workspace.")
    return parse_definition(workflow.draft)


def _step(definition: Definition, step_id: StepId) -> Step:
    found = next((one for one in definition.steps if one.id == step_id), None)
    if found is None:
        raise NotFound(f"The draft has no step “{step_id[:64]}”.")
    return found


def _fitting(graph: Graph, results: Results) -> Results:
    """The results that steps of the draft may still have: ports may have gone since."""
    return {
        one: result
        for one, result in results.items()
        if one in graph.steps and result["port"] in graph.ports(one)
    }


def _path(graph: Graph, step_id: StepId) -> str:
    """Where a step runs. Raises InvalidInput in a loop, where it runs many times."""
    around = graph.ancestors(step_id)
    if any(graph.steps[one].type == "loop" for one in around):
        raise InvalidInput(
            "The input of a step in a loop differs in each round; edit the list of the loop instead."
        )
    return ".".join((*reversed(around), step_id))


def _refuse_faults(findings: Iterable[Finding], found: Course) -> None:
    faults = [one for one in workflow_queries.errors(list(findings)) if _matters(one, found)]
    if faults:
        more = f" There are {len(faults)} such findings in all." if len(faults) > 1 else ""
        raise NotReady(
            f"This cannot be tried yet: {faults[0].sentence}{more}", details=[one.as_json() for one in faults]
        )


def _matters(fault: Finding, found: Course) -> bool:
    """Whether a fault lies in what is run: a step that has its output already or does not run may be unfinished."""
    if fault.step_id is None:
        return not found.only or not fault.field.startswith("outputs")
    return fault.step_id not in found.pinned and (not found.only or fault.step_id in found.only)


def _announce(workflow: Workflow) -> None:
    news = {"type": "poke", "seq": 0, "about": "pins", "id": str(workflow.pk)}
    publish_on_commit(workspace_topic(workflow.workspace_id), news)
