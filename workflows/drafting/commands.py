"""From changes to a new definition, by the functions of `editing`. Pure; all or nothing.

Raises Refused with the sentence of the change that cannot be made.
"""

from collections.abc import Callable, Sequence
from typing import Any

from convergio.errors import InvalidInput
from workflows import editing
from workflows.drafting import fragments, placing
from workflows.drafting.changes import (
    AddStep,
    Change,
    Connect,
    Disconnect,
    InsertStep,
    LayOut,
    Move,
    Paste,
    Place,
    Reconnect,
    RemoveSteps,
    RenameId,
    Reorder,
    SetGuardrails,
    SetInputs,
    SetNotes,
    SetOutputs,
    SetSla,
    UpdateStep,
)
from workflows.editing import Edited, Refusal
from workflows.graph import Graph
from workflows.schema import Definition, StepId


class Refused(InvalidInput):
    """This change cannot be made."""

    code = "change_refused"


def changed(definition: Definition, changes: Sequence[Change]) -> Definition:
    """Return the definition after all changes. Raises Refused."""
    for change in changes:
        edited = _CHANGED[type(change)](definition, change)
        if isinstance(edited, Refusal):
            raise Refused(edited.sentence, details=[{"kind": edited.kind, "message": edited.sentence}])
        definition = edited
    return definition


def _add(definition: Definition, change: AddStep) -> Edited:
    definition = _settled_for(definition, change.step)
    step = _with_place(definition, change.step, change.after[0] if change.after else None)
    return editing.add_step(definition, step, after=change.after)


def _insert(definition: Definition, change: InsertStep) -> Edited:
    edge, definition = change.edge, _settled_for(definition, change.step)
    cut = editing.disconnect(definition, edge.source, edge.target, port=edge.port)
    if isinstance(cut, Refusal):
        return cut
    step = {**_with_place(definition, change.step, edge.source), "parent": _parent(definition, edge.source)}
    grown = editing.add_step(cut, step, after=(edge.source, edge.port))
    return grown if isinstance(grown, Refusal) else editing.connect(grown, str(step.get("id")), edge.target)


def _update(definition: Definition, change: UpdateStep) -> Edited:
    return editing.update_step(definition, change.id, change.changes)


def _remove(definition: Definition, change: RemoveSteps) -> Edited:
    there = {step.id for step in definition.steps}
    for step_id in change.ids:
        if step_id in there and not _has(definition, step_id):
            continue
        edited = editing.remove_step(definition, step_id)
        if isinstance(edited, Refusal):
            return edited
        definition = edited
    return definition


def _connect(definition: Definition, change: Connect) -> Edited:
    return editing.connect(definition, change.source, change.target, port=change.port)


def _disconnect(definition: Definition, change: Disconnect) -> Edited:
    return editing.disconnect(definition, change.source, change.target, port=change.port)


def _reconnect(definition: Definition, change: Reconnect) -> Edited:
    old = change.edge
    cut = editing.disconnect(definition, old.source, old.target, port=old.port)
    if isinstance(cut, Refusal):
        return cut
    port = change.port or (old.port if change.source is None else None)
    return editing.connect(cut, change.source or old.source, change.target or old.target, port=port)


def _place(definition: Definition, change: Place) -> Edited:
    return editing.place(placing.settled(definition), change.positions)


def _move(definition: Definition, change: Move) -> Edited:
    before = definition = placing.settled(definition)
    for step_id in change.ids:
        edited = editing.move(definition, step_id, change.parent)
        if isinstance(edited, Refusal):
            return edited
        definition = edited
    parents = {step.id: step.parent for step in definition.steps}
    kept = tuple(one for one in before.edges if parents.get(one.source) == parents.get(one.target))
    return editing.place(definition.model_copy(update={"edges": kept}), change.positions)


def _reorder(definition: Definition, change: Reorder) -> Edited:
    steps = [step for step in definition.steps if step.id != change.id]
    if len(steps) == len(definition.steps):
        return Refusal("unknown", f"There is no step “{change.id}”.")
    moved = next(step for step in definition.steps if step.id == change.id)
    ids = [step.id for step in steps]
    if change.before is not None and change.before not in ids:
        return Refusal("unknown", f"There is no step “{change.before}”.")
    steps.insert(ids.index(change.before) if change.before else len(steps), moved)
    return definition.model_copy(update={"steps": tuple(steps)})


def _rename(definition: Definition, change: RenameId) -> Edited:
    return editing.rename_id(definition, change.id, change.new)


def _paste(definition: Definition, change: Paste) -> Edited:
    return fragments.paste(placing.settled(definition), change.fragment, change.parent, change.at)


def _lay_out(definition: Definition, change: LayOut) -> Edited:
    if change.parent is not None and not _has(definition, change.parent):
        return Refusal("unknown", f"There is no step “{change.parent}”.")
    return placing.laid_out(definition, change.parent)


def _set_inputs(definition: Definition, change: SetInputs) -> Edited:
    return editing.set_inputs(definition, change.value)


def _set_outputs(definition: Definition, change: SetOutputs) -> Edited:
    return editing.set_outputs(definition, change.value)


def _set_guardrails(definition: Definition, change: SetGuardrails) -> Edited:
    return editing.set_guardrails(definition, change.value)


def _set_sla(definition: Definition, change: SetSla) -> Edited:
    return editing.set_sla(definition, change.value)


def _set_notes(definition: Definition, change: SetNotes) -> Edited:
    return editing.set_notes(definition, change.value)


_CHANGED: dict[type, Callable[[Definition, Any], Edited]] = {
    AddStep: _add,
    InsertStep: _insert,
    UpdateStep: _update,
    RemoveSteps: _remove,
    Connect: _connect,
    Disconnect: _disconnect,
    Reconnect: _reconnect,
    Place: _place,
    Move: _move,
    Reorder: _reorder,
    RenameId: _rename,
    Paste: _paste,
    LayOut: _lay_out,
    SetInputs: _set_inputs,
    SetOutputs: _set_outputs,
    SetGuardrails: _set_guardrails,
    SetSla: _set_sla,
    SetNotes: _set_notes,
}


def _has(definition: Definition, step_id: StepId) -> bool:
    return any(step.id == step_id for step in definition.steps)


def _parent(definition: Definition, step_id: StepId) -> StepId | None:
    return next((step.parent for step in definition.steps if step.id == step_id), None)


def _settled_for(definition: Definition, step: dict[str, Any]) -> Definition:
    """Only who places a step by hand ends the automatic arrangement of the others."""
    return placing.settled(definition) if "position" in step else definition


def _with_place(definition: Definition, step: dict[str, Any], after: StepId | None) -> dict[str, Any]:
    """A step without a place of its own lies to the right of the one it follows, where steps were placed."""
    graph = Graph.of(definition)
    if "position" in step or after is None or after not in graph.steps:
        return step
    if graph.parent(after) in placing.unplaced_levels(graph):
        return step
    x, y = placing.free_place(definition, after)
    return {**step, "position": {"x": x, "y": y}}
