"""The write path of the visual editor: changes to a draft, merged, logged, undone and done again."""

from workflows.drafting.commands import Refused
from workflows.drafting.operations import (
    Applied,
    Clash,
    NothingToRedo,
    NothingToUndo,
    apply,
    redo,
    to_redo,
    to_undo,
    undo,
)
from workflows.drafting.store import Window

__all__ = [
    "Applied",
    "Clash",
    "NothingToRedo",
    "NothingToUndo",
    "Refused",
    "Window",
    "apply",
    "redo",
    "to_redo",
    "to_undo",
    "undo",
]
