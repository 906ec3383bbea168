"""What became of a value from one round to the next, in words. Pure.

Texts are compared line by line, and lines that were rewritten word by word. Both times what is there once on either
side holds the two together, and only what lies between is searched. Where even that would take too long, a text
written by anybody being compared while a page waits, all that lies between counts as taken out and put in: the kind is
then "lines" and not "words".
"""

import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, zip_longest
from typing import Any, Literal

type Sign = Literal["same", "del", "ins", "skip"]
type Run = tuple[Sign, str]
"""A piece of text that stayed, went or came; of `skip` the text is how many words are left out."""

MOST_CHARACTERS = 1_000_000
"""Of both texts together."""
MOST_WORK = 60_000
"""Pairs of equal pieces that one comparison may look at; PAIRS_AS_ONE pairs of others count as one."""
PAIRS_AS_ONE = 50
SMALL = 300
"""Pieces that are searched without looking for what holds them together."""
MOST_PARTS = 40
MOST_SHOWN = 40_000
"""Characters that are shown of all that differs."""
CONTEXT = 160
"""Characters that stay on either side of a change when a long text is folded."""
LEAST_ALIKE = 0.25
"""Lines that share fewer of their words than this are shown one after the other."""
STRAY = 5
"""As few equal characters between two changed words only make them hard to read."""
_HAN = r"\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"(?:[{_HAN}]|[^\W{_HAN}]+(?:['’.,][^\W{_HAN}]+)*|[^\w\s]+)\s*|\s+")
"""A word with the space after it; where words have no spaces between them, a character."""


@dataclass(frozen=True, slots=True)
class Part:
    """One value that differs, and where it lies."""

    place: tuple[str, ...]
    kind: str
    runs: tuple[Run, ...]

    def as_json(self, most: int = MOST_SHOWN) -> dict[str, Any]:
        """For the packet: long unchanged pieces are folded, and what is beyond `most` characters is left out."""
        runs = [list(run) for run in cut(folded(self.runs), most)]
        return {"place": list(self.place), "kind": self.kind, "runs": runs}


type _Code = tuple[bool, int, int, int, int]
"""Whether old[a:b] and new[c:d] are the same."""


@dataclass(slots=True)
class _Search:
    """What two lists of pieces have in common, found with a budget. `coarse`: something was too much."""

    left: int = MOST_WORK
    coarse: bool = False

    def codes(self, old: Sequence[str], new: Sequence[str]) -> list[_Code]:
        """Return the same and the different stretches of both lists, in order."""
        head = _shared(old, new)
        tail = _shared(old[head:][::-1], new[head:][::-1])
        end, stop = len(old) - tail, len(new) - tail
        found: list[_Code] = [(True, 0, head, 0, head)]
        a = c = head
        for b, d in _anchors(old[head:end], new[head:stop]):
            found += self._between(old, new, (a, head + b, c, head + d))
            found.append((True, head + b, head + b + 1, head + d, head + d + 1))
            a, c = head + b + 1, head + d + 1
        found += [*self._between(old, new, (a, end, c, stop)), (True, end, len(old), stop, len(new))]
        return _joined(code for code in found if code[1] < code[2] or code[3] < code[4])

    def _between(
        self, old: Sequence[str], new: Sequence[str], where: tuple[int, int, int, int]
    ) -> list[_Code]:
        a, b, c, d = where
        if a >= b or c >= d or not self._affords(old[a:b], new[c:d]):
            return [(False, *where)]
        codes = SequenceMatcher(None, old[a:b], new[c:d], autojunk=False).get_opcodes()
        return [(tag == "equal", a + i, a + j, c + k, c + m) for tag, i, j, k, m in codes]

    def _affords(self, old: Sequence[str], new: Sequence[str]) -> bool:
        counted = Counter(new)
        needed = len(old) * len(new) // PAIRS_AS_ONE + sum(counted[one] for one in old)
        self.coarse = self.coarse or needed > self.left
        self.left -= needed if needed <= self.left else 0
        return needed <= self.left


def _shared(old: Sequence[str], new: Sequence[str]) -> int:
    """How many pieces both begin with."""
    different = (number for number, (one, other) in enumerate(zip(old, new, strict=False)) if one != other)
    return next(different, min(len(old), len(new)))


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The longest row of pieces that both lists hold once, in the same order; none for short lists."""
    if len(old) + len(new) <= SMALL:
        return []
    once = {one for one, count in Counter(old).items() if count == 1}
    once &= {one for one, count in Counter(new).items() if count == 1}
    there = {one: number for number, one in enumerate(new) if one in once}
    pairs = [(number, there[one]) for number, one in enumerate(old) if one in once]
    return _rising(pairs)


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of the pairs whose second numbers rise, by patience sorting."""
    tops: list[int] = []
    piles: list[int] = []
    before: list[int] = []
    for number, (_, there) in enumerate(pairs):
        pile = bisect_left(tops, there)
        tops[pile:] = [there, *tops[pile + 1 :]] if pile < len(tops) else [there]
        before.append(piles[pile - 1] if pile else -1)
        piles[pile : pile + 1] = [number]
    found, at = [], piles[-1] if piles else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]


def _joined(codes: Iterable[_Code]) -> list[_Code]:
    """Neighbours of a kind as one."""
    found: list[_Code] = []
    for same, a, b, c, d in codes:
        if found and found[-1][0] == same:
            found[-1] = (same, found[-1][1], b, found[-1][3], d)
        else:
            found.append((same, a, b, c, d))
    return found


def compare(old: Any, new: Any) -> dict[str, Any]:
    """Return {parts, added, removed, left_out}: what differs, and how many words came and went."""
    found = list(differences(old, new))
    shown: list[dict[str, Any]] = []
    left = MOST_SHOWN
    for part in found[:MOST_PARTS]:
        if left > 0:
            shown.append(part.as_json(left))
            left -= sum(len(text) for _, text in shown[-1]["runs"])
    return {
        "parts": shown,
        "added": _count(found, "ins"),
        "removed": _count(found, "del"),
        "left_out": len(found) - len(shown),
    }


def _count(parts: Iterable[Part], sign: Sign) -> int:
    return sum(len(_words(text)) for part in parts for mark, text in part.runs if mark == sign)


# values


def differences(old: Any, new: Any) -> Iterator[Part]:
    """Yield every value that differs; objects are entered, and lists whose entries are more than short values."""
    return _differences(old, new, (), _Search())


def _differences(old: Any, new: Any, place: tuple[str, ...], search: _Search) -> Iterator[Part]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from _differences(old.get(key), new.get(key), (*place, str(key)), search)
    elif _has_entries(old) and _has_entries(new):
        yield from _entries(old, new, place, search)
    else:
        kind, runs = _texts(as_text(old), as_text(new), search)
        yield Part(place, kind, tuple(runs))


def _has_entries(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict | list) for one in value)


def _entries(old: list[Any], new: list[Any], place: tuple[str, ...], search: _Search) -> Iterator[Part]:
    """Entries that stayed are found wherever they went; the others are compared in their order."""
    before, after = ([json.dumps(one, sort_keys=True, default=str) for one in side] for side in (old, new))
    for same, a, b, c, d in search.codes(before, after):
        for number, (one, other) in enumerate(zip_longest(old[a:b], new[c:d]), (c if d > c else a) + 1):
            if not same:
                yield from _differences(one, other, (*place, str(number)), search)


def as_text(value: Any) -> str:
    """Return a value as text to compare: texts as they are, a list of short values with a line for each."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and not _has_entries(value):
        return "\n".join(as_text(one) for one in value)
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


# texts


def compare_texts(old: str, new: str) -> tuple[str, list[Run]]:
    """Return how closely two texts could be compared, and what stayed, went and came, in order."""
    return _texts(old, new, _Search())


def _texts(old: str, new: str, search: _Search) -> tuple[str, list[Run]]:
    search.coarse = len(old) + len(new) > MOST_CHARACTERS
    runs = _swapped(old, new) if search.coarse else list(_lines(old, new, search))
    return ("lines" if search.coarse else "words"), _tidy(runs)


def _lines(old: str, new: str, search: _Search) -> Iterator[Run]:
    lines, others = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for same, a, b, c, d in search.codes(lines, others):
        before, after = "".join(lines[a:b]), "".join(others[c:d])
        yield from _kept(after) if same else _rewritten(before, after, search)


def _rewritten(old: str, new: str, search: _Search) -> list[Run]:
    words, others = _WORD.findall(old), _WORD.findall(new)
    codes = search.codes([one.strip() for one in words], [one.strip() for one in others])
    alike = sum(d - c for same, _, _, c, d in codes if same)
    if alike < LEAST_ALIKE * max(len(words), len(others)):
        return _swapped(old, new)
    runs: list[Run] = []
    for same, a, b, c, d in codes:
        before, after = "".join(words[a:b]), "".join(others[c:d])
        stray = same and len(after) <= STRAY and c > 0 and d < len(others)
        runs += _kept(after) if same and not stray else _swapped(before, after)
    return runs


def _kept(text: str) -> list[Run]:
    return [("same", text)]


def _swapped(old: str, new: str) -> list[Run]:
    return [("del", old), ("ins", new)]


def _tidy(runs: Iterable[Run]) -> list[Run]:
    """Neighbours of a kind become one; in a change what went stands before what came, and common space behind."""
    found: list[Run] = []
    for is_same, group in groupby((run for run in runs if run[1]), key=lambda run: run[0] == "same"):
        pieces = list(group)
        if is_same:
            found += _kept("".join(text for _, text in pieces))
        else:
            found += _change(
                *("".join(text for mark, text in pieces if mark == sign) for sign in ("del", "ins"))
            )
    return _one_of_each(run for run in found if run[1])


def _change(old: str, new: str) -> list[Run]:
    space = new[len(new.rstrip()) :]
    if not space or not old.endswith(space) or len(old) == len(space) or len(new) == len(space):
        return _swapped(old, new)
    return [*_swapped(old.removesuffix(space), new.removesuffix(space)), *_kept(space)]


def _one_of_each(runs: Iterable[Run]) -> list[Run]:
    return [
        (sign, "".join(text for _, text in group)) for sign, group in groupby(runs, key=lambda run: run[0])
    ]


def _words(text: str) -> list[str]:
    return text.split()


# what is shown


def folded(runs: Sequence[Run]) -> list[Run]:
    """Leave out what is far from any change."""
    shown: list[Run] = []
    for number, (sign, text) in enumerate(runs):
        if sign == "same":
            shown += _folded(text, is_first=number == 0, is_last=number == len(runs) - 1)
        else:
            shown.append((sign, text))
    return shown


def cut(runs: Iterable[Run], most: int) -> list[Run]:
    """Keep so many characters; the rest becomes one `skip`."""
    shown: list[Run] = []
    rest: list[str] = []
    for sign, text in runs:
        kept = text if sign == "skip" and most > 0 else text[: max(most, 0)]
        shown += [(sign, kept)] if kept else []
        rest.append(text[len(kept) :])
        most -= len(text)
    return [*shown, *_skipped("".join(rest))]


def _folded(text: str, *, is_first: bool, is_last: bool) -> list[Run]:
    head = 0 if is_first else _break(text, CONTEXT)
    tail = len(text) if is_last else len(text) - _break(text[::-1], CONTEXT)
    if tail - head < CONTEXT:
        return [("same", text)]
    pieces: list[Run] = [("same", text[:head]), *_skipped(text[head:tail]), ("same", text[tail:])]
    return [piece for piece in pieces if piece[1]]


def _break(text: str, near: int) -> int:
    """Where a text may be cut: after the line that a place lies in when it ends soon, else between words."""
    line = text.find("\n", near, near * 2)
    space = text.find(" ", near, near * 2)
    cut = line if line >= 0 else space
    return cut + 1 if cut >= 0 else min(near, len(text))


def _skipped(text: str) -> list[Run]:
    return [("skip", str(len(_words(text)) or 1))] if text else []
