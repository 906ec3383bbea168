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

__all__ = [
    "Applied",
    "Clash",
    "NothingToRedo",
    "NothingToUndo",
    "Refused",
    "apply",
    "redo",
    "to_redo",
    "to_undo",
    "undo",
]
