"""The outline editor: a draft as a nested list, and each act of a hand on it as changes to the draft. Pure."""

from workflows.outline.acts import Item, Plan, plan
from workflows.outline.reading import Choices, Entry, choices, outline

__all__ = ["Choices", "Entry", "Item", "Plan", "choices", "outline", "plan"]
