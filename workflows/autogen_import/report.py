"""What became of the parts of a foreign document: kept, changed or lost, each in a sentence."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Fate(StrEnum):
    """What became of a part."""

    KEPT = "kept"
    CHANGED = "changed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Remark:
    """One part of the document and what became of it."""

    fate: Fate
    about: str
    sentence: str

    def as_json(self) -> dict[str, str]:
        """Return what an answer of the API shows."""
        return {"fate": self.fate.value, "about": self.about, "sentence": self.sentence}


@dataclass(frozen=True, slots=True)
class AgentWish:
    """An agent that the document names. `document` makes it; `model` is what it ran on elsewhere."""

    slug: str
    name: str
    is_known: bool
    document: dict[str, Any]
    model: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A foreign document as a workflow, its definition canonical, with everything that is to be told of it."""

    kind: str
    name: str
    description: str
    definition: dict[str, Any]
    agents: tuple[AgentWish, ...]
    remarks: tuple[Remark, ...]


@dataclass(slots=True)
class Report:
    """Gathers remarks; the same is said once."""

    remarks: dict[Remark, None] = field(default_factory=dict)

    def merged(self) -> tuple[Remark, ...]:
        """Return the remarks; what is said of several parts is said once, of all of them."""
        about: dict[tuple[Fate, str], list[str]] = {}
        for one in self.remarks:
            about.setdefault((one.fate, one.sentence), []).append(one.about)
        return tuple(Remark(fate, ", ".join(parts), words) for (fate, words), parts in about.items())

    def kept(self, about: str, sentence: str) -> None:
        """Note that a part is there as it was."""
        self.remarks[Remark(Fate.KEPT, about, sentence)] = None

    def changed(self, about: str, sentence: str) -> None:
        """Note that a part is there in another form."""
        self.remarks[Remark(Fate.CHANGED, about, sentence)] = None

    def lost(self, about: str, sentence: str) -> None:
        """Note that a part is not there."""
        self.remarks[Remark(Fate.LOST, about, sentence)] = None
