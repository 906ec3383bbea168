"""When a talk ends: AutoGen's termination conditions as the limits that there are here."""

from dataclasses import dataclass, field
from typing import Final

from workflows.autogen_import.components import DEEPEST, Component
from workflows.autogen_import.report import Report

STOP_WORD_MOST: Final = 100


@dataclass(slots=True)
class Endings:
    """The limits found. Turns are what agents say; seconds hold for the whole run."""

    turns: int | None = None
    stop_words: list[str] = field(default_factory=list)
    tokens: int | None = None
    seconds: float | None = None
    handoffs: list[str] = field(default_factory=list)

    @property
    def guardrails(self) -> dict[str, float]:
        """The limits of the whole run, as a definition has them."""
        given = {"max_tokens": self.tokens, "max_wall_s": self.seconds}
        return {key: value for key, value in given.items() if value}


def endings(team: Component, report: Report) -> Endings:
    """Read what ends a team's talk; what cannot be said here is told."""
    found = Endings()
    turns = team.number("max_turns")
    if turns and turns >= 1:
        _fewer(found, int(turns))
    condition = team.part("termination_condition")
    if condition:
        _read(condition, found, report, 0)
    return found


def _read(one: Component, found: Endings, report: Report, depth: int) -> None:
    inner = one.parts("conditions")
    if inner and depth < DEEPEST:
        if one.kind.startswith("And"):
            report.changed("End of the talk", "Conditions that were to hold together end it each by itself.")
        for part in inner:
            _read(part, found, report, depth + 1)
    elif not _READERS.get(one.kind, _nothing)(one, found, report):
        report.lost("End of the talk", f"{one.kind} has no counterpart here.")


def _nothing(one: Component, found: Endings, report: Report) -> bool:
    return False


def _messages(one: Component, found: Endings, report: Report) -> bool:
    most = one.number("max_messages")
    if not most or most < 2:
        return False
    _fewer(found, int(most) - 1)
    report.kept("End of the talk", f"After {int(most)} messages, the task included: {int(most) - 1} turns.")
    return True


def _mention(one: Component, found: Endings, report: Report) -> bool:
    word = one.text("text")
    if not word or len(word) > STOP_WORD_MOST:
        return False
    if found.stop_words:
        report.lost("End of the talk", f"Only one word may end a talk; “{word}” does not.")
    else:
        report.kept("End of the talk", f"The talk ends when an agent says “{word}”.")
    found.stop_words.append(word)
    return True


def _tokens(one: Component, found: Endings, report: Report) -> bool:
    most = one.number("max_total_token")
    if not most or most < 1:
        return False
    found.tokens = int(most)
    report.changed("End of the talk", f"{int(most)} tokens are a limit of the whole run, which it stops.")
    return True


def _seconds(one: Component, found: Endings, report: Report) -> bool:
    most = one.number("timeout_seconds")
    if not most or not 0 < most <= 366 * 86_400:
        return False
    found.seconds = float(most)
    report.changed("End of the talk", f"{most:g} seconds are a limit of the whole run, which it stops.")
    return True


def _handoff(one: Component, found: Endings, report: Report) -> bool:
    target = one.text("target")
    if target:
        found.handoffs.append(target)
    return bool(target)


def _fewer(found: Endings, turns: int) -> None:
    found.turns = min(turns, found.turns or turns)


_READERS: Final = {
    "MaxMessageTermination": _messages,
    "TextMentionTermination": _mention,
    "TokenUsageTermination": _tokens,
    "TimeoutTermination": _seconds,
    "HandoffTermination": _handoff,
}
