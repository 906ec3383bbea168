"""The picture of a definition as a file that looks right anywhere: colours, icons and letters lie in it."""

import base64
import hashlib
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from convergio.templatetags.ui import step_icon
from workflows.picture import MARGIN, Picture, picture
from workflows.schema import Definition, Note

NOTE_PADDING: Final = 12
NOTE_LINE: Final = 17
"""Height of a line of text on a note, in pixels."""
NOTE_CHARACTER: Final = 6.4
"""Width of a letter on a note, in pixels, on the average."""
BARE_WIDTH: Final = 320
BARE_HEIGHT: Final = 120
"""Size of the picture of nothing."""

_COMMON: Final = ("ground", "card", "line", "text", "muted", "frame", "frame_line", "revision")
_TONES: Final = ("agent", "tool", "person", "choice", "other")
_NOTES: Final = ("yellow", "green", "blue", "pink", "grey")
_LOOKS: Final = {
    "light": (
        "#faf9f7 #fefefc #c6c7ca #1a1f2b #545861 #f0f3f7 #7c99d6 #d89f5f "
        "#d8e4fb #e0efed #f8ebdd #f2e5f4 #ebebeb #1240bf #068689 #b17218 #9450a6 #71757f "
        "#f7ecbe #d0f7d6 #ceefff #ffdbf1 #e7ebf4"
    ),
    "dark": (
        "#11141c #161922 #3d4149 #e7e9ef #9ea0a7 #141823 #53638e #a67d40 "
        "#222a3e #1a2a32 #2e2826 #2a2336 #252831 #85a5fd #3fa6a7 #d3923e #b56fc6 #959aa3 "
        "#3a3314 #203a26 #1f354a #452836 #303338"
    ),
}
"""The tokens of the pages' two themes, mixed and as plain hexadecimal colours, which every program knows."""
_TONE_OF: Final = {
    "agent": "agent",
    "team": "agent",
    "tool": "tool",
    "transform": "tool",
    "approval": "person",
    "input": "person",
    "condition": "choice",
}
THEMES: Final = tuple(_LOOKS)
_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Sticky:
    """A note as drawn: its text is cut into lines that fit."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    lines: tuple[tuple[float, str], ...]

    @property
    def text_x(self) -> float:
        """Where its lines begin."""
        return self.x + NOTE_PADDING


def svg(definition: Definition, *, title: str, theme: str = "light") -> str:
    """Return the picture as a whole SVG document; an unknown theme is the light one."""
    theme = theme if theme in _LOOKS else THEMES[0]
    drawn = picture(definition)
    notes = tuple(_stickies(definition, drawn))
    facts = {
        "title": title,
        "picture": drawn,
        "notes": notes,
        "view": _view(drawn, notes),
        "look": _look(theme),
        "kinds": {card.kind: _shape(card.kind) for card in drawn.cards},
        "tones": _tones(theme),
        "cards": [(card, tone_of(card.kind)) for card in drawn.cards],
        "font": _font(),
    }
    return _NOT_IN_XML.sub("", render_to_string("workflows/picture.svg", facts))


def style_source(drawn: str) -> str:
    """Return what a Content-Security-Policy calls the colours in a picture, so that it may allow these alone."""
    style = drawn.partition("<style>")[2].partition("</style>")[0]
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"


def tone_of(kind: str) -> str:
    """Return which of the colours a step's icon has."""
    return _TONE_OF.get(kind, "other")


def _view(drawn: Picture, notes: tuple[Sticky, ...]) -> tuple[float, float, float, float]:
    """What is seen: left, top, width, height."""
    left = min((0, *(note.x - MARGIN for note in notes)))
    top = min((0, *(note.y - MARGIN for note in notes)))
    right = max((drawn.width, *(note.x + note.width + MARGIN for note in notes)))
    bottom = max((drawn.height, *(note.y + note.height + MARGIN for note in notes)))
    if not drawn.cards and not notes:
        return 0, 0, BARE_WIDTH, BARE_HEIGHT
    return left, top, right - left, bottom - top


def _stickies(definition: Definition, drawn: Picture) -> Iterator[Sticky]:
    """Notes beside the steps as they lie on the canvas; below them where the steps were never placed."""
    top_level = [step.position for step in definition.steps if step.parent is None]
    placed = any(one.x or one.y for one in top_level)
    beside = top_level if placed else [note.position for note in definition.notes]
    left = MARGIN - min((one.x for one in beside), default=0)
    top = (MARGIN if placed else drawn.height + MARGIN) - min((one.y for one in beside), default=0)
    for note in definition.notes:
        yield _sticky(note, left, top)


def _sticky(note: Note, left: float, top: float) -> Sticky:
    width, height = note.size.width, note.size.height
    most = max(1, int((height - 2 * NOTE_PADDING) / NOTE_LINE))
    letters = max(4, int((width - 2 * NOTE_PADDING) / NOTE_CHARACTER))
    cut = [line for part in note.text.splitlines() for line in textwrap.wrap(part, letters) or [""]]
    lines = [*cut[: most - 1], f"{cut[most - 1]}…"] if len(cut) > most else cut
    x, y = note.position.x + left, note.position.y + top
    placed = tuple((y + NOTE_PADDING + NOTE_LINE * (n + 0.75), line) for n, line in enumerate(lines))
    return Sticky(x, y, width, height, note.colour, placed)


def _tones(theme: str) -> list[dict[str, str]]:
    look = _look(theme)
    return [{"name": one, "mark": look[f"{one}_mark"], "icon": look[f"{one}_icon"]} for one in _TONES]


@cache
def _look(theme: str) -> dict[str, str]:
    names = (*_COMMON, *(f"{one}_mark" for one in _TONES), *(f"{one}_icon" for one in _TONES), *_NOTES)
    return dict(zip(names, _LOOKS[theme].split(), strict=True))


def _dist() -> Path:
    return Path(settings.BASE_DIR) / "static" / "dist"


@cache
def _font() -> str:
    """The letters of the pages as text; empty where the assets were not built, then it is the reader's own."""
    file = _dist() / "fonts" / "geist.woff2"
    return base64.b64encode(file.read_bytes()).decode() if file.exists() else ""


@cache
def _symbols() -> dict[str, str]:
    """Every icon by name: what lies inside its symbol."""
    file = _dist() / "icons.svg"
    sprite = file.read_text() if file.exists() else ""
    return dict(re.findall(r'<symbol id="([^"]+)"[^>]*>(.*?)</symbol>', sprite))


def _shape(kind: str) -> SafeString:
    return mark_safe(_symbols().get(step_icon(kind), ""))  # noqa: S308 - the product's own icons
