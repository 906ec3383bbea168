"""What a browser posts, as names and texts: `config.branches.0.port`. Names are places in a document. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

MOST_ROWS: Final = 500
MOST_NAME: Final = 500
"""Characters of a name; no form that is drawn has a longer one."""
MOST_LEVELS: Final = 12
"""How deep groups of conditions may be nested in a form; what is deeper is edited as JSON."""


@dataclass(slots=True)
class Form:
    """Names and texts, and what reading them found: `faults` to be mended, `waits` that are only not finished."""

    values: dict[str, str]
    faults: dict[str, str] = field(default_factory=dict)
    waits: dict[str, str] = field(default_factory=dict)
    _rows: dict[str, list[int]] = field(default_factory=dict, repr=False, compare=False)
    _counted: tuple[int, int] = field(default=(0, 0), repr=False, compare=False)

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "Form":
        """A form of what was posted; browsers send each line's end as two characters, and NUL can be kept nowhere."""
        short = {name: text for name, text in values.items() if len(name) <= MOST_NAME}
        return cls({name: plain_lines(text).replace("\0", "") for name, text in short.items()})

    def text(self, name: str) -> str:
        """The text of a name, "" when it was not sent."""
        return self.values.get(name, "")

    def under(self, name: str) -> dict[str, str]:
        """Everything that belongs to a name: itself, and what lies in it."""
        return {one: text for one, text in self.values.items() if lies_in(one, name)}

    def has(self, name: str) -> bool:
        """Whether anything of a name was sent."""
        return any(lies_in(one, name) for one in self.values)

    def rows(self, name: str) -> list[int]:
        """The numbers of the rows of a list, in order."""
        now = id(self.values), len(self.values)
        if self._counted != now:
            self._rows, self._counted = rows_in(self.values), now
        return self._rows.get(name, [])[:MOST_ROWS]

    def fault(self, name: str, sentence: str) -> None:
        """Remember what is wrong at a name; the first that is found stands."""
        self.faults.setdefault(name, sentence)

    def wait(self, name: str, sentence: str) -> None:
        """Remember what is not finished at a name."""
        self.waits.setdefault(name, sentence)

    def spoken(self, name: str) -> bool:
        """Whether anything was said of a name or of what lies in it."""
        return any(lies_in(one, name) for one in (*self.faults, *self.waits))


def rows_in(names: Iterable[str]) -> dict[str, list[int]]:
    """To each name that has numbered rows their numbers: counted once, since a form asks for every list in it."""
    found: dict[str, set[int]] = {}
    for name in names:
        parts = name.split(".")
        for place, part in enumerate(parts):
            if is_number(part):
                found.setdefault(".".join(parts[:place]), set()).add(int(part))
    return {name: sorted(numbers) for name, numbers in found.items()}


def lies_in(name: str, around: str) -> bool:
    """Whether a name is another one, or lies in it."""
    return name == around or name.startswith(f"{around}.")


def is_number(part: str) -> bool:
    """Whether a part of a name counts rows."""
    return part.isascii() and part.isdigit() and len(part) <= 4


def plain_lines(text: str) -> str:
    """A text whose lines end in one character, as nothing else survives a browser."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def joined(parts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Several parts of a form as one."""
    found: dict[str, str] = {}
    for part in parts:
        found |= part
    return found
