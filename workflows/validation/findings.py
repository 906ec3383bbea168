"""One finding, made from the catalogue."""

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Final

from workflows.validation.catalogue import CATALOGUE, Severity

MAX_COMPARED: Final = 200
"""Names that a mistyped one is compared with; each costs a tenth of a millisecond."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend. `field` is the place within the step, like `config.prompt`; both may be empty."""

    code: str
    severity: Severity
    step_id: str | None
    field: str
    sentence: str
    mend: str

    @property
    def message(self) -> str:
        """What is wrong and how to mend it."""
        return f"{self.sentence} {self.mend}"

    def as_json(self) -> dict[str, Any]:
        """The finding as API answers show it."""
        return {**asdict(self), "severity": str(self.severity), "message": self.message}


def finding(code: str, step_id: str | None = None, field: str = "", **facts: object) -> Finding:
    """The finding of a code, its templates filled with facts."""
    entry = CATALOGUE[code]
    facts = {"field": field, "hint": "", **facts}
    sentence, mend = _as_sentence(entry.sentence.format(**facts)), _as_sentence(entry.mend.format(**facts))
    return Finding(code, entry.severity, step_id, field, sentence, mend)


def _as_sentence(text: str) -> str:
    """A text that begins with a capital and ends with one mark, whatever the facts in it end with."""
    text = text[:1].upper() + text[1:].strip()
    return text if text.endswith(("?", "!", "…")) else f"{text.rstrip('.:;, ')}."


def hint(name: str, known: Iterable[str]) -> str:
    """A suggestion for a mistyped name, with a space before it; "" without a near one."""
    near = difflib.get_close_matches(name, list(islice(known, MAX_COMPARED)), n=1)
    return f" Did you mean “{near[0]}”?" if near else ""
