"""What an entry of the log is called, so that “Undo” can say what it takes back. Pure."""

from collections.abc import Sequence

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
from workflows.schema import Definition


def title_of(changes: Sequence[Change], before: Definition, after: Definition) -> str:
    """Return a few words about a request: those of its first change, and how many more there are."""
    names = {step.id: step.title for step in (*before.steps, *after.steps)}
    said = list(dict.fromkeys(_words(change, names) for change in changes))
    more = f" and {len(said) - 1} more" if len(said) > 1 else ""
    return f"{said[0][: 190 - len(more)]}{more}"


def _words(change: Change, names: dict[str, str]) -> str:
    return _SETTINGS.get(type(change)) or _words_of_steps(change, names) or _words_of_lines(change, names)


_SETTINGS: dict[type, str] = {
    LayOut: "Lay out",
    SetInputs: "Change the inputs",
    SetOutputs: "Change the outputs",
    SetGuardrails: "Change the limits",
    SetSla: "Change how long a run should take",
    SetNotes: "Change the notes",
    Reconnect: "Reconnect a line",
}


def _words_of_steps(change: Change, names: dict[str, str]) -> str:
    match change:
        case AddStep() | InsertStep():
            return f"Add {_name(str(change.step.get('id')), names)}"
        case UpdateStep():
            what = "Rename" if set(change.changes) == {"name"} else "Change"
            return f"{what} {_name(change.id, names)}"
        case RemoveSteps():
            return f"Delete {_several(change.ids, names)}"
        case Place():
            return f"Move {_several(tuple(change.positions), names)}"
        case Move():
            return f"Move {_several(change.ids, names)} {_where(change.parent, names)}"
        case Paste():
            return f"Paste {_count(len(change.fragment.steps))}"
    return ""


def _words_of_lines(change: Change, names: dict[str, str]) -> str:
    match change:
        case Connect():
            return f"Connect {_name(change.source, names)} to {_name(change.target, names)}"
        case Disconnect():
            return f"Disconnect {_name(change.source, names)} from {_name(change.target, names)}"
        case Reorder():
            return f"Reorder {_name(change.id, names)}"
        case RenameId():
            return f"Change the id of {_name(change.id, names)}"
    return "Change the draft"


def _several(ids: Sequence[str], names: dict[str, str]) -> str:
    return _name(ids[0], names) if len(ids) == 1 else _count(len(ids))


def _count(steps: int) -> str:
    return f"{steps} step{'' if steps == 1 else 's'}"


def _name(step_id: str, names: dict[str, str]) -> str:
    return f"“{names.get(step_id, step_id)}”"


def _where(parent: str | None, names: dict[str, str]) -> str:
    return f"into {_name(parent, names)}" if parent else "to the top"
